package io.patchbay.core;

import io.patchbay.thing.Command;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink.Reading;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Asks a device for what was written to it, when it does not say so by itself: many settings, such
 * as a resource of LwM2M that is not observed, are told only to who asks. Once, when nothing was
 * written for a moment; what comes of it comes up as everything does.
 */
final class ReadBack {
  /** As long as a device may take to say it by itself. */
  private static final Duration SILENCE = Duration.ofSeconds(2);

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Properties at a time; beyond, nobody is asked. */
  private static final int MOST = 10_000;

  private record Key(ThingId thing, String property) {}

  private final Requests requests;
  private final Lane.Timer timer;
  private final Clock clock;
  private final Consumer<Command.Read> poll;
  private final Map<Key, Instant> written = new ConcurrentHashMap<>();

  /**
   * @param poll asks, behind everything else
   */
  ReadBack(Requests requests, Lane.Timer timer, Clock clock, Consumer<Command.Read> poll) {
    this.requests = requests;
    this.timer = timer;
    this.clock = clock;
    this.poll = poll;
  }

  /**
   * The device took it.
   *
   * @param sent before it was; what comes later is about it
   */
  void written(Device device, String property, Instant sent) {
    if (written.size() < MOST
        && requests.readable(device, property)
        && written.put(new Key(device.id(), property), sent) == null) {
      later(device, property, sent);
    }
  }

  private void later(Device device, String property, Instant sent) {
    var unused = timer.after(SILENCE, () -> look(device, property, sent));
  }

  private void look(Device device, String property, Instant sent) {
    Key key = new Key(device.id(), property);
    if (!written.remove(key, sent)) {
      Instant last = written.get(key);
      if (last != null) {
        later(device, property, last);
      }
      return;
    }
    Reading said = device.reported(property);
    if (said == null || said.received().isBefore(sent)) {
      poll.accept(new Command.Read(device.id(), List.of(property), clock.instant().plus(PATIENCE)));
    }
  }
}
