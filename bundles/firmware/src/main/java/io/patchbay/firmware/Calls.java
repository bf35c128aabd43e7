package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.FirmwareUpdate.Failed;
import io.patchbay.southbound.FirmwareUpdate.Reply;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the protocols, when what was decided is durable. An answer is left at the device's run by
 * any thread; all else is for the engine's.
 */
final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  /** How long a call other than a delivery may take. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Things things;
  private final Protocols protocols;
  private final Function<Course, FirmwareImage> images;
  private final Consumer<ThingId> news;
  private long made;
  private int changes;
  private boolean failedOnce;

  /**
   * @param images of a campaign
   * @param news told of each answer, by any thread
   */
  Calls(
      Things things,
      Protocols protocols,
      Function<Course, FirmwareImage> images,
      Consumer<ThingId> news) {
    this.things = things;
    this.protocols = protocols;
    this.images = images;
    this.news = news;
    changes = protocols.changes();
  }

  /** Whether protocols came or went since the last question. */
  boolean exchanged() {
    int before = changes;
    changes = protocols.changes();
    return changes != before;
  }

  /** Whether the call under way went with its protocol; it is over then. */
  boolean lost(Run run) {
    FirmwareUpdate carrier = run.carrier;
    boolean lost =
        carrier != null && !carrier.equals(thing(run).flatMap(this::protocol).orElse(null));
    if (lost) {
      run.idle();
      run.told = false;
      run.go = Run.Call.STATUS;
    }
    return lost;
  }

  private Optional<Thing> thing(Run run) {
    return things.find(run.thing).map(ThingState::registered).map(r -> r.thing());
  }

  private Optional<FirmwareUpdate> protocol(Thing thing) {
    return protocols.find(thing.scheme());
  }

  /**
   * Makes a device's next call.
   *
   * @return what there is none to call for, in words; empty when the call is made
   */
  String make(Course course, Run run, Instant now) {
    Thing thing = thing(run).orElse(null);
    FirmwareUpdate protocol = thing == null ? null : protocol(thing).orElse(null);
    if (thing == null) {
      run.trouble = Reason.GONE;
      return "there is no such thing now";
    } else if (protocol == null) {
      run.trouble = Reason.NO_PROTOCOL;
      return "no bundle that updates devices over '" + thing.scheme() + "' is running";
    }
    Run.Call call = run.go;
    long number = ++made;
    run.number = number;
    run.underWay = call;
    run.carrier = protocol;
    run.patience = call == Run.Call.DELIVER ? Instant.MAX : now.plus(PATIENCE);
    course.effects.add(() -> call(course, run, number, call, thing, protocol));
    return "";
  }

  private void call(
      Course course, Run run, long number, Run.Call call, Thing thing, FirmwareUpdate protocol) {
    if (run.number != number) {
      return; // given up meanwhile
    }
    CompletionStage<Reply> stage;
    try {
      stage =
          switch (call) {
            case STATUS -> protocol.status(thing);
            case DELIVER -> protocol.deliver(thing, images.apply(course));
            case APPLY -> protocol.apply(thing, images.apply(course));
            case CANCEL -> protocol.cancel(thing);
          };
    } catch (RuntimeException e) {
      answer(run, number, failure(thing, e));
      return;
    }
    var unused =
        stage.handle(
            (reply, failure) -> {
              answer(run, number, reply != null ? reply : failure(thing, failure));
              return reply;
            });
  }

  private Failed failure(Thing thing, @Nullable Throwable failure) {
    if (!failedOnce) {
      failedOnce = true;
      LOG.error(
          "The protocol of {} fails; further ones are told at the device", thing.id(), failure);
    }
    return new Failed(Result.INTERNAL, "a bug of the protocol's bundle; the log has it");
  }

  /** Any thread. */
  private void answer(Run run, long number, Reply reply) {
    Run.Answered fresh = new Run.Answered(number, reply);
    run.answer.accumulateAndGet(
        fresh, (present, one) -> present != null && present.number() > number ? present : one);
    news.accept(run.thing);
  }

  /** Nobody waits for what comes of it. */
  void cancel(Course course, Run run) {
    Thing thing = thing(run).orElse(null);
    FirmwareUpdate protocol = thing == null ? null : protocol(thing).orElse(null);
    if (thing != null && protocol != null) {
      course.effects.add(
          () -> {
            try {
              var unused = protocol.cancel(thing);
            } catch (RuntimeException e) {
              Failed told = failure(thing, e);
              LOG.debug("{} was not cancelled: {}", run.thing, told.detail());
            }
          });
    }
  }
}
