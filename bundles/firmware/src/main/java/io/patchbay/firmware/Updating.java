package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.thing.ThingId;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Tells core which things are being updated, when it is durable; after a start once more. */
final class Updating {
  private final Lifecycles lifecycles;

  Updating(Lifecycles lifecycles) {
    this.lifecycles = lifecycles;
  }

  /** After a start: one may have ended, or begun, when the hub did. */
  void tellAll(Collection<Course> courses) {
    Set<ThingId> busy = new HashSet<>();
    for (Course course : courses) {
      course.runs().stream()
          .filter(Run::active)
          .forEach(
              run -> {
                busy.add(run.thing);
                tell(course, run);
              });
    }
    for (Course course : courses) {
      course.runs().stream()
          .filter(run -> run.state.ended() && !busy.contains(run.thing))
          .forEach(run -> tell(course, run));
    }
  }

  void tell(Course course, Run run) {
    String version = course.header().firmware().version();
    String campaign = "campaign " + course.id() + ": ";
    switch (run.state) {
      case WAITING, CHECKING -> {}
      case DELIVERING ->
          lifecycles.updating(run.thing, campaign + version + " is on its way to it");
      case READY -> lifecycles.updating(run.thing, campaign + "it has the image of " + version);
      case INSTALLING, CONFIRMING ->
          lifecycles.updating(run.thing, campaign + "it installs " + version);
      case UPDATED -> lifecycles.updated(run.thing, campaign + "it runs " + version);
      case FAILED, SKIPPED, STOPPED ->
          lifecycles.updated(run.thing, campaign + word(run.state) + ", " + word(run.reason));
    }
  }

  private static String word(Enum<?> constant) {
    return constant == DeviceState.FAILED
        ? "the update failed"
        : constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
