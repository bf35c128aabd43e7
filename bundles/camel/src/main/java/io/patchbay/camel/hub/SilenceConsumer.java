package io.patchbay.camel.hub;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Processor;

/**
 * {@code hub:silence}: tells {@code silent} when a thing has sent no reading for a while, and
 * {@code heard} when it sends again. The while begins with the route for things that are known and
 * were not heard since.
 */
final class SilenceConsumer extends WatchConsumer {
  private static final int PAGE = 1_000;
  private static final String HEARD = "heard";
  private static final String SILENT = "silent";

  private final Duration after;

  /**
   * @param after more than zero
   */
  SilenceConsumer(
      HubEndpoint endpoint, Processor processor, Hub hub, Selection selection, Duration after) {
    super(endpoint, processor, hub, selection);
    this.after = after;
  }

  @Override
  List<Hub.Binding> follow() {
    selection.thing().ifPresent(this::expect);
    return List.of(hub.follow(Things.class, things -> things.ifPresent(this::expectAll)));
  }

  private void expectAll(Things things) {
    String from = "";
    do {
      Things.Page page =
          things.list(
              new Things.Query(
                  selection.profile(), Optional.empty(), Optional.empty(), Map.of(), from, PAGE));
      for (ThingState state : page.things()) {
        ThingId thing = state.registered().thing().id();
        if (selection.thing().map(thing::equals).orElse(true)) {
          expect(thing);
        }
      }
      from = page.next();
    } while (!from.isEmpty());
  }

  private void expect(ThingId thing) {
    Watched watched = watched(thing);
    synchronized (watched) {
      if (watched.state.isEmpty()) {
        begin(watched, System.nanoTime());
        lookAgain(watched, after.toNanos());
      }
    }
  }

  /** That it is heard is nothing new before it was silent. */
  private static void begin(Watched watched, long now) {
    watched.state = HEARD;
    watched.told = HEARD;
    watched.since = now;
  }

  @Override
  void hear(Watched watched, Recorded reading, long now) {
    if (watched.state.isEmpty()) {
      begin(watched, now);
    }
    watched.since = now;
    watched.last = reading;
  }

  @Override
  Verdict judge(Watched watched, long now) {
    long left = after.toNanos() - (now - watched.since);
    return left > 0 ? new Verdict(HEARD, left) : new Verdict(SILENT, 0);
  }
}
