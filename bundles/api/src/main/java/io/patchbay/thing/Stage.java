package io.patchbay.thing;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a thing is in its life. A change is one step of this machine; what is not allowed to follow
 * does not happen, and the thing stays where it is.
 */
public enum Stage {
  /** Somebody registered it; nothing has ever come from it. */
  MANUFACTURED(Status.UNKNOWN),
  /** It was heard, and waits for its admission. */
  REGISTERED(Status.UNKNOWN),
  /** Its data are taken; whether it is there is not known now. */
  ADMITTED(Status.UNKNOWN),
  /** It is there, and listens. */
  ONLINE(Status.ONLINE),
  /** Away by plan: it listens again when it was heard. */
  ASLEEP(Status.ASLEEP),
  /** It went without a word. */
  LOST(Status.OFFLINE),
  /** It said good-bye, or was told to restart. */
  LEFT(Status.OFFLINE),
  /** Firmware is on its way to it, or it installs it; its status says whether it is there. */
  UPDATING(Status.UNKNOWN),
  /** Out of service for a while: it was refused, or its credential was taken away. */
  SUSPENDED(Status.OFFLINE),
  /** Out of service for good, until somebody takes it back. */
  RETIRED(Status.OFFLINE);

  private final Status status;

  Stage(Status status) {
    this.status = status;
  }

  /** The status that goes with it; of one that is UPDATING any may. */
  public Status status() {
    return status;
  }

  /** What a status says by itself of the stage. */
  public static Stage of(Status status) {
    return switch (status) {
      case UNKNOWN -> ADMITTED;
      case ONLINE -> ONLINE;
      case OFFLINE -> LOST;
      case ASLEEP -> ASLEEP;
    };
  }

  /** Whether a thing that is at another stage may come to this one. */
  public boolean mayFollow(Stage before) {
    return before().contains(before);
  }

  /** The stages that it may come from. */
  private Set<Stage> before() {
    return switch (this) {
      case MANUFACTURED, REGISTERED -> EnumSet.noneOf(Stage.class); // a life begins there
      case ADMITTED -> EnumSet.complementOf(EnumSet.of(MANUFACTURED, ADMITTED));
      case ONLINE, ASLEEP -> EnumSet.complementOf(EnumSet.of(this, REGISTERED, RETIRED));
      case LOST -> EnumSet.of(ADMITTED, ONLINE, ASLEEP, UPDATING);
      case LEFT -> EnumSet.of(ADMITTED, ONLINE, ASLEEP, UPDATING);
      case UPDATING -> EnumSet.of(ADMITTED, ONLINE, ASLEEP, LOST, LEFT);
      case SUSPENDED -> EnumSet.complementOf(EnumSet.of(SUSPENDED, RETIRED));
      case RETIRED -> EnumSet.complementOf(EnumSet.of(RETIRED));
    };
  }
}
