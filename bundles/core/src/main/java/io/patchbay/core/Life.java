package io.patchbay.core;

import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Stage;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink.StatusChange;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the next step of a thing's life is: a matter of its admission, of whether it is being
 * updated, and of its presence, in this order. It keeps nothing; only what {@link Stage} allows
 * happens.
 */
final class Life {
  /** What a binding may say. */
  private static final Set<Stage> PRESENCE =
      EnumSet.of(
          Stage.ADMITTED, Stage.ONLINE, Stage.ASLEEP, Stage.LOST, Stage.LEFT, Stage.SUSPENDED);

  private Life() {}

  /** The device, or its binding, has said how it stands. */
  static StatusChange heard(Device device, StatusChange said) {
    Stage claimed =
        PRESENCE.contains(said.stage()) && said.stage().status() == said.status()
            ? said.stage()
            : Stage.of(said.status());
    Stage stage = allowed(wanted(device, claimed), device.expectedStage());
    String update = device.update();
    String detail =
        stage != Stage.UPDATING || update == null || update.isEmpty()
            ? said.detail()
            : said.detail() + (said.detail().isEmpty() ? "" : "; ") + update;
    return new StatusChange(
        said.thing(), said.status(), stage, detail, said.time(), said.received());
  }

  private static Stage allowed(Stage wanted, Stage present) {
    return wanted.mayFollow(present) ? wanted : present;
  }

  private static Stage wanted(Device device, Stage presence) {
    return switch (device.registered().admission()) {
      case WAITING -> Stage.REGISTERED;
      case REJECTED -> Stage.SUSPENDED;
      case RETIRED -> Stage.RETIRED;
      case ADMITTED ->
          device.update() != null && presence != Stage.SUSPENDED ? Stage.UPDATING : presence;
    };
  }

  /**
   * Somebody has decided on a thing: the steps that follow. One that is admitted is at that stage
   * first, whatever was heard of it meanwhile.
   */
  static List<StatusChange> decided(Device device, String why, Instant now) {
    Stage present = device.expectedStage();
    if (device.registered().admission() != Admission.ADMITTED) {
      Stage next = allowed(wanted(device, present), present);
      return next == present
          ? List.of()
          : List.of(new StatusChange(device.id(), next.status(), next, why, now, now));
    } else if (present != Stage.REGISTERED
        && present != Stage.SUSPENDED
        && present != Stage.RETIRED) {
      return List.of();
    }
    Status known =
        device.expectedStatus() == Status.OFFLINE ? Status.UNKNOWN : device.expectedStatus();
    StatusChange admitted = new StatusChange(device.id(), known, Stage.ADMITTED, why, now, now);
    Stage then = allowed(wanted(device, Stage.of(known)), Stage.ADMITTED);
    return then == Stage.ADMITTED
        ? List.of(admitted)
        : List.of(admitted, new StatusChange(device.id(), known, then, "it was heard", now, now));
  }

  /** An update of its firmware has begun, goes on, or is over. */
  static Optional<StatusChange> updated(Device device, String why, Instant now) {
    Stage present = device.expectedStage();
    Status status = device.expectedStatus();
    Stage next =
        allowed(wanted(device, present == Stage.UPDATING ? Stage.of(status) : present), present);
    boolean news = next == Stage.UPDATING && !device.expectedDetail().endsWith(why);
    return next == present && !news
        ? Optional.empty()
        : Optional.of(new StatusChange(device.id(), status, next, why, now, now));
  }
}
