package io.patchbay.core;

import io.patchbay.northbound.Lifecycles.Step;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Journal;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;

/**
 * The lives of things. The stage stands beside the status, in the same entry of the journal: what
 * is decided here goes there, and is offered again until it is taken.
 */
final class Lives {
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final Directory directory;
  private final Journal journal;
  private final Presences presences;
  private final Lane.Timer timer;

  Lives(Directory directory, Journal journal, Presences presences, Lane.Timer timer) {
    this.directory = directory;
    this.journal = journal;
    this.presences = presences;
    this.timer = timer;
  }

  /** After a start: what was decided is so, also when the hub ended before the journal had it. */
  void load() {
    for (Device device : directory.all()) {
      if (device.stage() == Stage.UPDATING) {
        device.update(""); // until the room of campaigns says otherwise
      }
      Admission admission = device.registered().admission();
      boolean behind =
          switch (admission) {
            case RETIRED -> device.stage() != Stage.RETIRED;
            case REJECTED -> device.stage() != Stage.SUSPENDED;
            case ADMITTED -> device.stage() == Stage.REGISTERED || device.stage() == Stage.RETIRED;
            case WAITING -> false;
          };
      if (behind) {
        var unused = decided(device, "decided before the hub ended");
      }
    }
  }

  /** Somebody has decided on it, durably. Completes when the journal has it, or has no room now. */
  CompletionStage<Void> decided(Device device, String why) {
    return step(device, (one, now) -> Life.decided(one, why, now));
  }

  private CompletionStage<Void> step(
      Device device, BiFunction<Device, Instant, List<Uplink.StatusChange>> next) {
    return presences
        .append(List.of(device), next)
        .thenAccept(
            receipt -> {
              if (receipt instanceof Receipt.Busy && directory.find(device.id()).isPresent()) {
                later(device, next);
              }
            });
  }

  private void later(Device device, BiFunction<Device, Instant, List<Uplink.StatusChange>> next) {
    try {
      var unused = timer.after(AGAIN, () -> step(device, next));
    } catch (RejectedExecutionException e) {
      // the hub ends; after the next start it is seen to
    }
  }

  void updating(ThingId thing, String what) {
    directory
        .find(thing)
        .ifPresent(
            device -> {
              device.update(what);
              var unused = step(device, Lives::underWay);
            });
  }

  /** By what is known when it is its turn: what was offered again may be old news. */
  private static List<Uplink.StatusChange> underWay(Device device, Instant now) {
    String what = device.update();
    return what == null ? List.of() : Life.updated(device, what, now).stream().toList();
  }

  void updated(ThingId thing, String outcome) {
    directory
        .find(thing)
        .filter(device -> device.update() != null)
        .ifPresent(
            device -> {
              device.update(null);
              var unused =
                  step(
                      device,
                      (one, now) ->
                          one.update() != null
                              ? List.of()
                              : Life.updated(one, outcome, now).stream().toList());
            });
  }

  Optional<List<Step>> life(ThingId thing, int limit) {
    return directory.find(thing).map(device -> life(device, limit));
  }

  private List<Step> life(Device device, int limit) {
    Step present = device.step();
    Registered registered = device.registered();
    List<Step> steps = new ArrayList<>();
    for (Recorded recorded : journal.standings(device.id(), limit)) {
      if (recorded.uplink() instanceof Uplink.StatusChange change) {
        steps.add(new Step(change.stage(), change.status(), change.detail(), change.time()));
      } else if (recorded.uplink() instanceof Uplink.Discovered discovered) {
        Stage then = steps.isEmpty() ? present.stage() : steps.get(steps.size() - 1).stage();
        // whoever is there and was admitted by nobody was admitted by the policy
        if (steps.isEmpty()
            ? then == Stage.ADMITTED
            : then.mayFollow(Stage.ADMITTED) && then != Stage.RETIRED && then != Stage.SUSPENDED) {
          steps.add(
              new Step(
                  Stage.ADMITTED,
                  Status.UNKNOWN,
                  "by the policy of onboarding",
                  discovered.time()));
        }
        String how = "heard for the first time, over " + discovered.device().scheme();
        steps.add(new Step(Stage.REGISTERED, Status.UNKNOWN, how, discovered.time()));
      }
    }
    begin(steps, registered, limit);
    Step newest = steps.isEmpty() ? null : steps.get(0);
    if (newest == null
        || newest.stage() != present.stage()
        || newest.status() != present.status()) {
      steps.add(0, present); // its profile keeps no journal, or the log tells nothing of it
    }
    return List.copyOf(steps.subList(0, Math.min(limit, steps.size())));
  }

  /** A thing that somebody registered before it was heard: its life began with that. */
  private static void begin(List<Step> steps, Registered registered, int limit) {
    int at = steps.size();
    while (at > 0 && steps.get(at - 1).since().isBefore(registered.since())) {
      at--; // of another that had its name before
    }
    boolean heardFirst =
        steps.subList(0, at).stream().anyMatch(step -> step.stage() == Stage.REGISTERED);
    if (registered.origin() == Registered.Origin.ONBOARDED || heardFirst || at >= limit) {
      return;
    }
    String who = registered.origin() == Registered.Origin.FILE ? "a file" : "an administrator";
    steps.add(
        at,
        new Step(
            Stage.MANUFACTURED,
            Status.UNKNOWN,
            "registered by " + who + " before it was heard",
            registered.since()));
  }

  List<Sample> samples() {
    Map<Stage, Integer> counts = new EnumMap<>(Stage.class);
    directory.all().forEach(device -> counts.merge(device.stage(), 1, Integer::sum));
    List<Sample> samples = new ArrayList<>();
    for (Stage stage : Stage.values()) {
      samples.add(
          Sample.gauge(
              "patchbay_things_stage",
              "Things of the directory, by the stage of their lives.",
              Map.of("stage", stage.name().toLowerCase(Locale.ROOT)),
              counts.getOrDefault(stage, 0)));
    }
    return samples;
  }
}
