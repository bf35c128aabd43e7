package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.southbound.FirmwareUpdate.Failed;
import io.patchbay.southbound.FirmwareUpdate.Report;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.southbound.FirmwareUpdate.Stage;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * What follows from what a device says. After every start and every trouble the device is asked
 * first, so that each state is left by what is true and not by what was meant.
 */
final class Steps {
  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** A sleeping device is asked when it is heard; so often in case that nobody told. */
  private static final Duration SLEEP = Duration.ofMinutes(15);

  /** How long a device must contradict an update before it is believed. */
  static final Duration SETTLE = Duration.ofMinutes(1);

  /** Before a delivery that broke off begins again: at first, and so many times more each time. */
  private static final Duration REST = Duration.ofSeconds(30);

  private static final int GROWTH = 4;
  private static final Duration LONGEST_REST = Duration.ofHours(1);

  /** No pause is longer than this part of the time for the delivery. */
  private static final int PART = 8;

  private final Course course;
  private final String target;
  private final Limits limits;

  Steps(Course course) {
    this.course = course;
    this.target = course.header().firmware().version();
    this.limits = course.header().plan().limits();
  }

  /** How long a device may be in a state. */
  Duration limit(DeviceState state) {
    return switch (state) {
      case CHECKING -> limits.contact();
      case DELIVERING -> limits.delivery();
      case INSTALLING, CONFIRMING -> limits.installation();
      default -> limits.campaign();
    };
  }

  void report(Run run, Run.Call call, Report report, Instant now) throws IOException {
    run.asleep = false;
    run.trouble = Reason.NONE;
    run.go = Run.Call.STATUS;
    boolean runsIt = report.version().equals(target) && report.stage() == Stage.IDLE;
    switch (run.state) {
      case CHECKING -> checked(run, call, report, runsIt, now);
      case DELIVERING -> delivered(run, report, runsIt, now);
      case READY -> ready(run, report, runsIt, now);
      case INSTALLING, CONFIRMING -> installed(run, call, report, runsIt, now);
      default -> {}
    }
  }

  private void checked(Run run, Run.Call call, Report report, boolean runsIt, Instant now)
      throws IOException {
    String version = report.version();
    if (version.isEmpty()) {
      fail(run, Reason.NO_VERSION, "it does not say which version it runs", now);
    } else if (runsIt) {
      course.enter(run, DeviceState.SKIPPED, Reason.HAS_IT, "it runs " + target, now);
    } else if (!course.header().firmware().target().selectsVersion(version)
        || !course.header().plan().devices().selectsVersion(version)) {
      course.enter(run, DeviceState.SKIPPED, Reason.NOT_MEANT, "it runs " + version, now);
    } else if (report.stage() == Stage.IDLE) {
      run.before = version;
      course.enter(run, DeviceState.DELIVERING, Reason.NONE, "from " + version, now);
      run.go = Run.Call.DELIVER;
    } else if (report.stage() == Stage.UPDATING || call == Run.Call.CANCEL) {
      run.trouble = Reason.BUSY;
      later(run, "busy with another image: " + report.stage(), now);
    } else {
      run.go = Run.Call.CANCEL; // of an image that is not this campaign's
      run.next = now;
    }
  }

  private void delivered(Run run, Report report, boolean runsIt, Instant now) throws IOException {
    if (runsIt) {
      updated(run, now);
    } else if (report.stage() == Stage.UPDATING) {
      course.enter(run, DeviceState.CONFIRMING, Reason.NONE, "it installs by itself", now);
    } else if (report.stage() == Stage.DOWNLOADED) {
      course.enter(run, DeviceState.READY, Reason.NONE, "it has the image", now);
    } else if (!run.told) {
      deliver(run, now);
    } else if (report.stage() == Stage.DOWNLOADING) {
      later(run, "it takes the image", now);
    } else if (fault(report.result()) && report.result() != Result.CONNECTION_LOST) {
      fail(run, reason(report.result()), report.detail(), now);
    } else {
      boolean lost = report.result() == Result.CONNECTION_LOST;
      brokeOff(run, lost ? Reason.CONNECTION_LOST : Reason.INTERRUPTED, report.detail(), now);
    }
  }

  /** Not before the pause is over; what comes up meanwhile is asked, and believed. */
  private static void deliver(Run run, Instant now) {
    boolean rested = !now.isBefore(run.rested);
    run.go = rested ? Run.Call.DELIVER : Run.Call.STATUS;
    run.next = rested ? now : run.rested;
  }

  /** The delivery begins again after a pause, unless it has done so too often. */
  private void brokeOff(Run run, Reason why, String detail, Instant now) throws IOException {
    run.attempts++;
    if (run.attempts >= limits.attempts()) {
      run.breaks++;
      fail(run, why, words(run, detail), now);
    } else {
      rest(run, why, detail, pause(REST, GROWTH, run.attempts), now);
    }
  }

  /** It broke off, and that says nothing against the device: the time for the delivery decides. */
  private void brokeOffByItself(Run run, Reason why, String detail, Instant now)
      throws IOException {
    rest(run, why, detail, pause(SHORTEST, 2, run.breaks + 1 - run.attempts), now);
  }

  private void rest(Run run, Reason why, String detail, Duration pause, Instant now)
      throws IOException {
    run.breaks++;
    run.told = false;
    run.rested = now.plus(pause);
    course.enter(run, DeviceState.DELIVERING, Reason.NONE, words(run, detail), now);
    run.trouble = why;
    run.next = run.rested;
  }

  private static String words(Run run, String detail) {
    String often = run.breaks == 1 ? "once" : run.breaks + " times";
    return "broke off " + often + (detail.isEmpty() ? "" : ": " + detail);
  }

  private Duration pause(Duration first, int growth, int times) {
    Duration longest = limits.delivery().dividedBy(PART);
    longest = longest.compareTo(LONGEST_REST) < 0 ? longest : LONGEST_REST;
    Duration pause = first;
    for (int i = 1; i < times && pause.compareTo(longest) < 0; i++) {
      pause = pause.multipliedBy(growth);
    }
    return pause.compareTo(longest) < 0 ? pause : longest;
  }

  private void ready(Run run, Report report, boolean runsIt, Instant now) throws IOException {
    if (runsIt) {
      updated(run, now);
    } else if (report.stage() == Stage.UPDATING) {
      course.enter(run, DeviceState.CONFIRMING, Reason.NONE, "it installs by itself", now);
    } else if (report.stage() != Stage.DOWNLOADED) {
      brokeOff(run, Reason.INTERRUPTED, "it had the image and lost it", now);
    } else if (course.open(now)) {
      course.enter(run, DeviceState.INSTALLING, Reason.NONE, "told to install", now);
      run.go = Run.Call.APPLY;
    } else {
      later(run, "it has the image", now);
    }
  }

  private void installed(Run run, Run.Call call, Report report, boolean runsIt, Instant now)
      throws IOException {
    if (runsIt) {
      updated(run, now);
    } else if (call == Run.Call.APPLY) {
      course.enter(run, DeviceState.CONFIRMING, Reason.NONE, "it was told to install", now);
      run.next = now.plus(SHORTEST);
    } else if (report.stage() == Stage.UPDATING) {
      run.contradicted = null;
      if (run.state == DeviceState.INSTALLING) {
        course.enter(run, DeviceState.CONFIRMING, Reason.NONE, "it installs", now);
      }
      later(run, "it installs", now);
    } else if (report.stage() == Stage.DOWNLOADED) {
      notBegun(run, now);
    } else if (report.stage() == Stage.DOWNLOADING || report.version().isEmpty()) {
      later(run, "it does not say that it runs " + target, now);
    } else if (fault(report.result())) {
      fail(run, reason(report.result()), report.detail(), now);
    } else if (settled(run, now)) {
      contradicted(run, report, now);
    }
  }

  /** It has the image and says that it does not install. */
  private void notBegun(Run run, Instant now) throws IOException {
    if (run.state == DeviceState.INSTALLING) {
      run.go = Run.Call.APPLY; // whoever told it was gone before it heard
      run.next = now;
    } else if (settled(run, now)) {
      run.attempts++;
      String words = "told " + run.attempts + " times, it did not begin to install";
      if (run.attempts >= limits.attempts()) {
        fail(run, Reason.INSTALL_FAILED, words, now);
        return;
      }
      course.enter(run, DeviceState.INSTALLING, Reason.NONE, words, now);
      run.go = Run.Call.APPLY;
    }
  }

  private void contradicted(Run run, Report report, Instant now) throws IOException {
    String runs = "it runs " + report.version();
    if (!run.before.isEmpty() && !report.version().equals(run.before)) {
      fail(run, Reason.OTHER_VERSION, runs, now);
    } else if (report.result() == Result.SUCCEEDED) {
      fail(run, Reason.OLD_IMAGE, "it says that it is done, and " + runs, now);
    } else {
      fail(run, Reason.INSTALL_INTERRUPTED, runs, now);
    }
  }

  private boolean settled(Run run, Instant now) {
    Instant first = run.contradicted;
    if (first == null) {
      run.contradicted = now;
      run.next = now.plus(SETTLE);
      return false;
    }
    if (now.isBefore(first.plus(SETTLE))) {
      run.next = first.plus(SETTLE);
      return false;
    }
    return true;
  }

  private void updated(Run run, Instant now) throws IOException {
    course.enter(run, DeviceState.UPDATED, Reason.NONE, "it runs " + target, now);
  }

  void fail(Run run, Reason why, String detail, Instant now) throws IOException {
    course.enter(run, DeviceState.FAILED, why, detail, now);
  }

  void deferred(Run run, Run.Call call, String state, Instant now) {
    run.asleep = true;
    run.go = Run.Call.STATUS;
    run.trouble = Reason.ASLEEP;
    if (call == Run.Call.DELIVER) {
      run.told = false;
    }
    run.detail = state;
    run.next = run.hinted ? now.plus(SHORTEST) : now.plus(SLEEP);
    run.hinted = false;
  }

  void failed(Run run, Run.Call call, Failed failed, Instant now) throws IOException {
    run.asleep = false;
    run.go = Run.Call.STATUS;
    Reason why = reason(failed.reason());
    boolean passing =
        switch (failed.reason()) {
          case UNREACHABLE, RECONNECTED, BUSY, BAD_ANSWER, INTERNAL, NONE, SUCCEEDED -> true;
          default -> false;
        };
    run.trouble = why;
    if (call == Run.Call.DELIVER) {
      run.told = false;
      if (failed.reason() == Result.BUSY || failed.reason() == Result.UNREACHABLE) {
        later(run, failed.detail(), now); // nothing was begun
      } else if (failed.reason() == Result.RECONNECTED) {
        brokeOffByItself(run, why, failed.detail(), now);
      } else if (passing || failed.reason() == Result.CONNECTION_LOST) {
        brokeOff(run, passing ? why : Reason.CONNECTION_LOST, failed.detail(), now);
      } else {
        fail(run, why, failed.detail(), now);
      }
    } else if (call == Run.Call.APPLY && !passing) {
      fail(run, why, failed.detail(), now);
    } else if (failed.reason() == Result.UNSUPPORTED && !run.committed()) {
      fail(run, why, failed.detail(), now);
    } else {
      later(run, failed.detail(), now);
    }
  }

  /** The time of its state is over. */
  void expired(Run run, Instant now) throws IOException {
    String words = "not done within " + limit(run.state) + "; last: " + run.detail;
    boolean known = run.trouble != Reason.NONE;
    Reason why =
        switch (run.state) {
          case CHECKING -> known ? run.trouble : Reason.SILENT;
          case DELIVERING -> known ? run.trouble : Reason.DELIVERY_TOO_LONG;
          case INSTALLING, CONFIRMING -> Reason.NOT_CONFIRMED;
          default -> Reason.EXPIRED;
        };
    fail(run, why, words, now);
  }

  /** Asked again, at a slower and slower pace while nothing is heard. */
  void later(Run run, String detail, Instant now) {
    run.detail = detail;
    Duration pause = SHORTEST.multipliedBy(1L << Math.min(run.asks, 8));
    run.asks++;
    if (run.hinted) {
      pause = SHORTEST;
      run.hinted = false;
    }
    run.next = now.plus(pause.compareTo(LONGEST) > 0 ? LONGEST : pause);
  }

  private static boolean fault(Result result) {
    return result != Result.NONE && result != Result.SUCCEEDED;
  }

  private static Reason reason(Result result) {
    return switch (result) {
      case NONE, SUCCEEDED, INTERNAL -> Reason.INTERNAL;
      case UNREACHABLE -> Reason.SILENT;
      case OUT_OF_STORAGE -> Reason.OUT_OF_STORAGE;
      case OUT_OF_MEMORY -> Reason.OUT_OF_MEMORY;
      case CONNECTION_LOST, RECONNECTED -> Reason.CONNECTION_LOST;
      case BAD_CHECKSUM -> Reason.BAD_CHECKSUM;
      case BAD_SIGNATURE -> Reason.BAD_SIGNATURE;
      case WRONG_IMAGE -> Reason.WRONG_IMAGE;
      case BAD_ADDRESS -> Reason.BAD_ADDRESS;
      case INSTALL_FAILED -> Reason.INSTALL_FAILED;
      case CANCELLED -> Reason.CANCELLED;
      case REFUSED -> Reason.REFUSED;
      case BUSY -> Reason.BUSY;
      case UNSUPPORTED -> Reason.UNSUPPORTED;
      case BAD_ANSWER -> Reason.BAD_ANSWER;
    };
  }
}
