package io.patchbay.core;

import io.patchbay.southbound.Receipt;
import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.Recorded;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

/**
 * Whether things are there. What a device (or its Last Will) says holds until it says otherwise or
 * sends fresh data. A connection that goes away takes its things with it; when it comes back they
 * are UNKNOWN until heard, because what happened meanwhile is not known.
 */
final class Presences {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Changes of status in one transaction. */
  private static final int CHUNK = 500;

  private final JournalLine journal;
  private final Directory directory;
  private final Catalogue catalogue;
  private final Feeds feeds;
  private final Tally tally;
  private final Clock clock;

  Presences(
      JournalLine journal,
      Directory directory,
      Catalogue catalogue,
      Feeds feeds,
      Tally tally,
      Clock clock) {
    this.journal = journal;
    this.directory = directory;
    this.catalogue = catalogue;
    this.feeds = feeds;
    this.tally = tally;
    this.clock = clock;
  }

  /** What a frame changes in its thing's status; called when it is the frame's turn. */
  Optional<Uplink.StatusChange> change(Passage passage, Device device) {
    Optional<Uplink.StatusChange> said = passage.draft.status();
    Optional<Uplink.StatusChange> change = Optional.empty();
    if (said.isPresent()) {
      boolean outdated =
          passage.kind != Passage.Kind.LIVE && device.statusIsNewerThan(said.get().time());
      Uplink.StatusChange next = Life.heard(device, said.get());
      boolean news =
          next.status() != device.expectedStatus() || next.stage() != device.expectedStage();
      if (news && !outdated) {
        change = Optional.of(next);
      }
    } else if (passage.fresh() && device.expectedStatus() != Status.ONLINE) {
      Instant received = Times.millis(passage.frame.received());
      change =
          Optional.of(
              Life.heard(
                  device,
                  new Uplink.StatusChange(
                      device.id(), Status.ONLINE, "it sent data", received, received)));
    }
    change.ifPresent(device::expect);
    return change;
  }

  /** A connection came or went. */
  CompletionStage<Receipt> of(String scheme, String connection, Status status, String detail) {
    String mark = "connection " + scheme + ":" + connection;
    String words = detail.isEmpty() ? mark : mark + ": " + detail;
    Map<String, List<Device>> byProfile = new TreeMap<>();
    for (Device device : directory.all()) {
      if (device.thing().scheme().equals(scheme)
          && device.thing().connection().equals(connection)) {
        byProfile.computeIfAbsent(device.thing().profile(), id -> new ArrayList<>()).add(device);
      }
    }
    CompletionStage<Receipt> all = CompletableFuture.completedFuture(new Receipt.Stored(0, 0));
    for (List<Device> devices : byProfile.values()) {
      for (int from = 0; from < devices.size(); from += CHUNK) {
        List<Device> chunk = devices.subList(from, Math.min(devices.size(), from + CHUNK));
        all = all.thenCombine(append(chunk, mark, status, words), Presences::worse);
      }
    }
    return all;
  }

  private static Receipt worse(Receipt one, Receipt other) {
    return one.acknowledge() ? other : one;
  }

  /** Says how one thing stands. */
  CompletionStage<Receipt> of(Device device, Status status, String detail) {
    return append(List.of(device), "", status, detail);
  }

  private CompletionStage<Receipt> append(
      List<Device> devices, String mark, Status status, String words) {
    return append(
        devices,
        (device, now) ->
            next(device, mark, status).stream()
                .map(
                    next ->
                        Life.heard(
                            device, new Uplink.StatusChange(device.id(), next, words, now, now)))
                .toList());
  }

  /**
   * Appends what changes in how things stand.
   *
   * @param next what that is of each; asked when it is its turn
   */
  CompletionStage<Receipt> append(
      List<Device> devices, BiFunction<Device, Instant, List<Uplink.StatusChange>> next) {
    List<Uplink> changes = new ArrayList<>();
    Optional<CompiledProfile> profile = catalogue.profile(devices.get(0).thing().profile());
    boolean kept = profile.map(known -> known.profile().journal()).orElse(true);
    String reference = profile.map(known -> known.profile().reference()).orElse("");
    return journal.append(
        () -> {
          Instant now = Times.millis(clock.instant());
          for (Device device : devices) {
            for (Uplink.StatusChange change : next.apply(device, now)) {
              device.expect(change);
              changes.add(change);
            }
          }
          return Entry.of(reference, kept ? changes : List.of());
        },
        PATIENCE,
        appended -> committed(devices, changes, reference, kept, appended));
  }

  private static Optional<Status> next(Device device, String mark, Status status) {
    Status present = device.expectedStatus();
    if (mark.isEmpty() || status != Status.ONLINE) {
      return present == status ? Optional.empty() : Optional.of(status);
    }
    boolean tookItAlong =
        present == Status.OFFLINE
            && (device.expectedDetail().equals(mark)
                || device.expectedDetail().startsWith(mark + ": ")
                || device.expectedDetail().startsWith(mark + "; "));
    return tookItAlong ? Optional.of(Status.UNKNOWN) : Optional.empty();
  }

  private Receipt committed(
      List<Device> devices,
      List<Uplink> changes,
      String reference,
      boolean kept,
      Appended appended) {
    if (appended instanceof Appended.Refused refused) {
      devices.forEach(Device::expectNothing);
      return new Receipt.Busy(refused.retryAfter());
    }
    long sequence = kept ? ((Appended.Stored) appended).first() : 0;
    tally.uplinks(changes.size(), kept);
    for (Uplink change : changes) {
      Recorded recorded = new Recorded(sequence, reference, change);
      sequence += kept ? 1 : 0;
      directory.find(change.thing()).ifPresent(device -> device.remember(recorded));
      feeds.publish(recorded);
    }
    return new Receipt.Stored(0, 0);
  }
}
