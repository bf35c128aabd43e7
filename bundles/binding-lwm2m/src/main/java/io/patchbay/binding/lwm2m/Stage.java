package io.patchbay.binding.lwm2m;

import io.patchbay.thing.Status;
import java.util.Locale;
import java.util.Optional;

/** Where a device is in its life, as far as its registrations tell. */
enum Stage {
  /** Registered, and listening. */
  ONLINE(Status.ONLINE),
  /** Registered, in queue mode, and not listening until it is heard again. */
  ASLEEP(Status.ASLEEP),
  /** Its registration expired: it said no good-bye. */
  LOST(Status.OFFLINE),
  /** It said good-bye. */
  LEFT(Status.OFFLINE),
  /** Its key was taken away. */
  SUSPENDED(Status.OFFLINE);

  private final Status status;

  Stage(Status status) {
    this.status = status;
  }

  Status status() {
    return status;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Stage> of(String word) {
    for (Stage stage : values()) {
      if (stage.word().equals(word)) {
        return Optional.of(stage);
      }
    }
    return Optional.empty();
  }

  /** Only a registered device falls asleep or is lost; a new registration ends everything. */
  boolean follows(Stage before) {
    return switch (this) {
      case ONLINE -> before != ONLINE;
      case ASLEEP, LOST, LEFT -> before == ONLINE || (before == ASLEEP && this != ASLEEP);
      case SUSPENDED -> before != SUSPENDED;
    };
  }
}
