package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.Things;
import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate.Deferred;
import io.patchbay.southbound.FirmwareUpdate.Failed;
import io.patchbay.southbound.FirmwareUpdate.Reply;
import io.patchbay.southbound.FirmwareUpdate.Report;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the devices of all campaigns. What it decides is durable before it is done: a {@link
 * #turn} decides, then forces the logs, then calls the protocols. Used by one thread, save for
 * {@link #changed}. Whatever ends it, another one that reads the same logs goes on.
 */
final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  /** After a start a device is heard before its time is called over. */
  private static final Duration GRACE = Duration.ofMinutes(10);

  /** How long it waits for a disk that failed. */
  private static final Duration RETRY = Duration.ofSeconds(10);

  /** The longest pause between two looks at campaigns, for windows that open. */
  private static final Duration LOOK = Duration.ofMinutes(1);

  private record Due(Instant at, Course course, Run run) {}

  private record Watched(Course course, Run run) {}

  private final Clock clock;
  private final Calls calls;
  private final Updating updating;
  private final Runnable wake;
  private final Map<String, Course> courses = new TreeMap<>();

  /** Campaigns whose disk failed, and when they are read again. */
  private final Map<String, Instant> broken = new TreeMap<>();

  private final Map<String, Path> brokenFiles = new TreeMap<>();
  private final PriorityQueue<Due> due = new PriorityQueue<>(Comparator.comparing(Due::at));

  /** Devices that are in a campaign now; each is in one at most. */
  private final Map<ThingId, Watched> watched = new ConcurrentHashMap<>();

  /** Devices with news: bounded by those that are watched. */
  private final Set<ThingId> news = ConcurrentHashMap.newKeySet();

  private final Instant began;

  /**
   * @param images of a campaign
   * @param wake asks for a turn, from any thread
   */
  Engine(
      Clock clock,
      Things things,
      Protocols protocols,
      Function<Course, FirmwareImage> images,
      Lifecycles lifecycles,
      Runnable wake) {
    this.clock = clock;
    updating = new Updating(lifecycles);
    this.wake = wake;
    calls = new Calls(things, protocols, images, this::heard);
    began = clock.instant();
  }

  // ---- campaigns

  Map<String, Course> courses() {
    return courses;
  }

  void add(Course course) {
    courses.put(course.id(), course);
    course.runs().stream().filter(Run::active).forEach(run -> watch(course, run));
  }

  /** All that is on disk is there. */
  void loaded() {
    updating.tellAll(courses.values());
  }

  void forget(Course course) {
    courses.remove(course.id());
    course.close();
  }

  private void watch(Course course, Run run) {
    watched.put(run.thing, new Watched(course, run));
    run.next = clock.instant();
    plan(course, run);
  }

  /** The campaign that a thing is in now. */
  Optional<Course> holder(ThingId thing) {
    return courses.values().stream()
        .filter(course -> !course.state().ended())
        .filter(course -> course.has(thing))
        .findFirst();
  }

  /** Campaigns whose disk failed. */
  Set<String> broken() {
    return Set.copyOf(broken.keySet());
  }

  /** Whether a device takes part in something now. */
  boolean busy() {
    return !watched.isEmpty();
  }

  void close() {
    watched.clear();
    courses.values().forEach(Course::close);
    courses.clear();
  }

  // ---- news

  /** Something of a device changed. Any thread. */
  void changed(ThingId thing) {
    if (watched.containsKey(thing)) {
      heard(thing);
    }
  }

  private void heard(ThingId thing) {
    if (news.add(thing)) {
      wake.run();
    }
  }

  // ---- a turn

  /**
   * Does what there is to do.
   *
   * @return how long nothing is to do, unless something happens
   */
  Duration turn() {
    Instant now = clock.instant();
    repair(now);
    exchanged(now);
    boolean more = true;
    while (more) {
      more = hear(now);
      more |= look(now);
      for (Course course : List.copyOf(courses.values())) {
        more |= guarded(course, () -> !course.state().ended() && lead(course, now));
      }
      more |= settle();
    }
    Instant next = now.plus(LOOK);
    Due first = due.peek();
    if (first != null && first.at().isBefore(next)) {
      next = first.at();
    }
    for (Course course : courses.values()) {
      boolean waits = course.turn < course.admitted() && course.open(now);
      if (waits && course.nextStart.isAfter(now) && course.nextStart.isBefore(next)) {
        next = course.nextStart;
      }
    }
    Duration rest = Duration.between(clock.instant(), next);
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  /** What may fail because of the disk. */
  private interface Change {
    boolean make() throws IOException;
  }

  private boolean guarded(Course course, Change change) {
    try {
      return change.make();
    } catch (IOException | RuntimeException e) {
      fails(course, e);
      return false;
    }
  }

  /**
   * The campaign is dropped as it is in memory, and read again when the disk does what it shall.
   */
  private void fails(Course course, Exception e) {
    LOG.error(
        "Campaign {} stands still; is there room on the disk? It is read again in {} s",
        course.id(),
        RETRY.toSeconds(),
        e);
    course.effects.clear();
    course.moved.clear();
    course.close();
    courses.remove(course.id());
    watched.values().removeIf(each -> each.course() == course);
    broken.put(course.id(), clock.instant().plus(RETRY));
    brokenFiles.put(course.id(), course.file());
  }

  private void repair(Instant now) {
    for (Map.Entry<String, Instant> each : List.copyOf(broken.entrySet())) {
      Path file = brokenFiles.get(each.getKey());
      if (now.isBefore(each.getValue()) || file == null) {
        continue;
      }
      try {
        Course again = Course.load(file);
        again.probe(now);
        add(again);
        loaded();
        broken.remove(each.getKey());
        brokenFiles.remove(each.getKey());
        LOG.info("Campaign {} goes on", each.getKey());
      } catch (IOException e) {
        broken.put(each.getKey(), now.plus(RETRY));
      }
    }
  }

  /** Calls that a protocol took with it when it went come again. */
  private void exchanged(Instant now) {
    if (!calls.exchanged()) {
      return;
    }
    for (Watched each : watched.values()) {
      Run run = each.run();
      if (calls.lost(run) || run.trouble == Reason.NO_PROTOCOL) {
        run.next = now;
        plan(each.course(), run);
      }
    }
  }

  /** Answers and hints. */
  private boolean hear(Instant now) {
    boolean heard = false;
    for (Iterator<ThingId> each = news.iterator(); each.hasNext(); ) {
      ThingId thing = each.next();
      each.remove();
      Watched one = watched.get(thing);
      if (one == null) {
        continue;
      }
      heard = true;
      Run run = one.run();
      Run.Answered answered = run.answer.getAndSet(null);
      if (answered != null && answered.number() == run.number) {
        guarded(one.course(), () -> answered(one.course(), run, answered.reply(), now));
      } else if (answered == null && run.number != 0) {
        run.hinted = true;
      } else if (answered == null) {
        run.asks = 0;
        run.next = now;
        plan(one.course(), run);
      }
    }
    return heard;
  }

  private boolean answered(Course course, Run run, Reply reply, Instant now) throws IOException {
    Run.Call call = run.underWay == null ? Run.Call.STATUS : run.underWay;
    run.idle();
    Steps steps = course.steps();
    if (reply instanceof Report report) {
      run.told |= call == Run.Call.DELIVER || call == Run.Call.APPLY;
      steps.report(run, call, report, now);
    } else if (reply instanceof Deferred deferred) {
      steps.deferred(run, call, deferred.state(), now);
    } else if (reply instanceof Failed failed) {
      steps.failed(run, call, failed, now);
    }
    plan(course, run);
    return true;
  }

  private void plan(Course course, Run run) {
    if (run.state.ended()) {
      watched.remove(run.thing);
      return;
    }
    Instant over = over(run, course);
    Instant at = run.number == 0 ? run.next : run.patience;
    due.add(new Due(at.isBefore(over) ? at : over, course, run));
  }

  /** When the time of its state is over. */
  private Instant over(Run run, Course course) {
    Duration limit = course.steps().limit(run.state);
    Instant over = run.since.plus(limit);
    Instant heard = began.plus(limit.compareTo(GRACE) < 0 ? limit : GRACE);
    return over.isAfter(heard) ? over : heard;
  }

  /** Whatever is due. */
  private boolean look(Instant now) {
    boolean looked = false;
    for (Due first = due.peek(); first != null && !first.at().isAfter(now); first = due.peek()) {
      due.remove();
      Watched one = watched.get(first.run().thing);
      if (one != null && one.run() == first.run()) {
        looked |= guarded(one.course(), () -> look(one.course(), one.run(), now));
      }
    }
    return looked;
  }

  private boolean look(Course course, Run run, Instant now) throws IOException {
    if (!now.isBefore(over(run, course))) {
      if (run.underWay == Run.Call.DELIVER) {
        calls.cancel(course, run);
      }
      run.idle();
      course.steps().expired(run, now);
      plan(course, run);
      return true;
    }
    if (run.number != 0) {
      if (!now.isBefore(run.patience)) {
        return answered(
            course, run, new Failed(Result.UNREACHABLE, "no answer from the protocol"), now);
      }
      return false; // an older appointment
    }
    if (now.isBefore(run.next)) {
      return false;
    }
    return ask(course, run, now);
  }

  private boolean ask(Course course, Run run, Instant now) {
    if (run.state == DeviceState.READY && !course.open(now)) {
      run.next = now.plus(LOOK);
      plan(course, run);
      return false;
    }
    String lacks = calls.make(course, run, now);
    if (!lacks.isEmpty()) {
      course.steps().later(run, lacks, now);
    }
    plan(course, run);
    return lacks.isEmpty();
  }

  // ---- the campaign as a whole

  /** Judges, opens waves, lets devices begin. */
  private boolean lead(Course course, Instant now) throws IOException {
    Pace pace = course.header().plan().pace();
    if (!now.isBefore(course.header().started().plus(course.header().plan().limits().campaign()))) {
      expire(course, now);
    }
    int failed = course.count(DeviceState.FAILED);
    int judged = failed + course.count(DeviceState.UPDATED);
    boolean judging = judged >= pace.abortAfter() || course.waveOver();
    if (course.state() != State.ABORTING
        && judging
        && failed * 100L > (long) pace.abortPercent() * judged) {
      abort(
          course,
          failed + " of " + judged + " failed, more than " + pace.abortPercent() + " %",
          now);
    }
    if (course.over() == course.runs().size()) {
      boolean aborted = course.state() == State.ABORTING;
      course.become(aborted ? State.ABORTED : State.DONE, course.shown().detail(), now);
      return true;
    }
    if (course.state() == State.RUNNING && course.waveOver()) {
      course.nextWave(now);
    }
    return begin(course, pace, now);
  }

  private void expire(Course course, Instant now) throws IOException {
    for (; course.turn < course.runs().size(); course.turn++) {
      Run run = course.runs().get(course.turn);
      if (run.state == DeviceState.WAITING) {
        course.steps().fail(run, Reason.EXPIRED, "the campaign's time was over", now);
      }
    }
  }

  private boolean begin(Course course, Pace pace, Instant now) throws IOException {
    if (!course.open(now) || course.turn >= course.admitted()) {
      return false;
    }
    boolean begun = false;
    int busy = busy(course, now);
    while (course.turn < course.admitted()
        && busy < pace.atOnce()
        && !course.nextStart.isAfter(now)) {
      Run run = course.runs().get(course.turn++);
      course.enter(run, DeviceState.CHECKING, Reason.NONE, "asked which version it runs", now);
      watch(course, run);
      Instant from = course.nextStart.isAfter(now) ? course.nextStart : now;
      course.nextStart = from.plusNanos(60_000_000_000L / pace.perMinute());
      busy++;
      begun = true;
    }
    return begun;
  }

  private int busy(Course course, Instant now) {
    int busy = 0;
    for (Watched each : watched.values()) {
      busy += each.course() == course && !each.run().rests(now) ? 1 : 0;
    }
    return busy;
  }

  void abort(Course course, String why, Instant now) throws IOException {
    for (Run run : course.runs().subList(0, course.turn)) {
      if (run.active() && !run.committed()) {
        if (run.state != DeviceState.CHECKING && !run.asleep) {
          calls.cancel(course, run);
        }
        run.idle();
        watched.remove(run.thing);
      }
    }
    course.become(State.ABORTING, why, now);
  }

  /** Makes durable what was decided, then does it. */
  private boolean settle() {
    boolean done = false;
    for (Course course : new ArrayList<>(courses.values())) {
      guarded(
          course,
          () -> {
            course.force();
            return true;
          });
      List<Runnable> effects = List.copyOf(course.effects);
      course.effects.clear();
      effects.forEach(Runnable::run);
      course.moved.forEach(run -> updating.tell(course, run));
      course.moved.clear();
      done |= !effects.isEmpty();
    }
    return done || !news.isEmpty();
  }
}
