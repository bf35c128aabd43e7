package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Takes orders for campaigns: checks them, picks the devices, hands them to the desk. */
final class Office implements Campaigns {
  /** Campaigns that are kept, and that have not ended. */
  private static final int MOST = 200;

  private static final int MOST_OPEN = 20;
  private static final int MOST_DEVICES = 100_000;
  private static final int PAGE = 1_000;
  private static final Duration LONGEST = Duration.ofDays(366);

  private final Path folder;
  private final PackageStore packages;
  private final Things things;
  private final Shelf shelf;
  private final Desk desk;
  private final Clock clock;

  Office(Path folder, PackageStore packages, Things things, Shelf shelf, Desk desk, Clock clock) {
    this.folder = folder;
    this.packages = packages;
    this.things = things;
    this.shelf = shelf;
    this.desk = desk;
    this.clock = clock;
  }

  @Override
  public CompletionStage<List<Campaign>> list() {
    return desk.ask(
        engine ->
            () ->
                engine.courses().values().stream()
                    .map(Course::shown)
                    .sorted(Comparator.comparing(Campaign::started).reversed())
                    .toList());
  }

  @Override
  public CompletionStage<Optional<Campaign>> find(String id) {
    return desk.ask(
        engine -> () -> Optional.ofNullable(engine.courses().get(id)).map(Course::shown));
  }

  @Override
  public CompletionStage<Optional<List<Device>>> devices(
      String id, Optional<DeviceState> state, int skip, int limit) {
    return desk.ask(
        engine ->
            () ->
                Optional.ofNullable(engine.courses().get(id))
                    .map(
                        course ->
                            course.runs().stream()
                                .filter(run -> state.isEmpty() || run.state == state.get())
                                .skip(skip)
                                .limit(limit)
                                .map(Run::shown)
                                .toList()));
  }

  @Override
  public CompletionStage<Optional<History>> history(String id, ThingId thing) {
    return desk.ask(
        engine ->
            () -> {
              Course course = engine.courses().get(id);
              try {
                return course == null ? Optional.empty() : course.history(thing);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  @Override
  public CompletionStage<Campaign> start(Plan plan, String by) {
    try {
      check(plan);
      FirmwarePackage firmware = firmware(plan.firmware());
      List<ThingId> picked = pick(plan, firmware);
      return desk.ask(engine -> begin(engine, plan, firmware, picked, by, ""));
    } catch (RefusedException | IOException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private FirmwarePackage firmware(String id) throws RefusedException, IOException {
    FirmwarePackage firmware =
        packages
            .find(id)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "there is no package '" + id + "'; there are: " + packages.names()));
    if (!packages.whole(firmware)) {
      throw new RefusedException(
          "the image of '" + id + "' was damaged on the disk; remove it and upload it again");
    }
    return firmware;
  }

  private List<ThingId> pick(Plan plan, FirmwarePackage firmware) throws RefusedException {
    List<ThingId> picked = new ArrayList<>();
    String after = "";
    do {
      Things.Page page =
          things.list(
              new Things.Query(
                  plan.devices().profile(),
                  Optional.empty(),
                  Optional.of(Registered.Admission.ADMITTED),
                  plan.devices().labels(),
                  after,
                  PAGE));
      page.things().stream()
          .filter(state -> plan.devices().selects(state) && firmware.target().selects(state))
          .forEach(state -> picked.add(state.registered().thing().id()));
      after = page.next();
    } while (!after.isEmpty() && picked.size() <= MOST_DEVICES);
    if (picked.isEmpty() || picked.size() > MOST_DEVICES) {
      throw new RefusedException(
          "'devices' selects "
              + (picked.isEmpty() ? "none that the package is made for" : "too many")
              + "; accepted: 1 to "
              + MOST_DEVICES);
    }
    // mixed, so that the canaries are not all neighbours; the same for the same campaign
    Map<ThingId, Integer> lots = new HashMap<>();
    picked.forEach(thing -> lots.put(thing, mixed(plan.id() + ' ' + thing.value())));
    picked.sort(Comparator.comparing((ThingId thing) -> lots.getOrDefault(thing, 0)));
    return picked;
  }

  /** Spreads what differs in its last letters only (the end of MurmurHash3). */
  private static int mixed(String text) {
    int hash = text.hashCode();
    hash = (hash ^ hash >>> 16) * 0x85ebca6b;
    hash = (hash ^ hash >>> 13) * 0xc2b2ae35;
    return hash ^ hash >>> 16;
  }

  private Supplier<Campaign> begin(
      Engine engine,
      Plan plan,
      FirmwarePackage firmware,
      List<ThingId> picked,
      String by,
      String rollbackOf)
      throws RefusedException, IOException {
    if (engine.courses().containsKey(plan.id()) || engine.broken().contains(plan.id())) {
      throw new RefusedException("there is a campaign '" + plan.id() + "'; take another id");
    }
    long open = engine.courses().values().stream().filter(one -> !one.state().ended()).count();
    if (open >= MOST_OPEN || engine.courses().size() >= MOST) {
      throw new RefusedException(
          "the hub keeps "
              + MOST
              + " campaigns, "
              + MOST_OPEN
              + " that have not ended; remove old ones, or let some end");
    }
    for (ThingId thing : picked) {
      Optional<Course> holder = engine.holder(thing);
      if (holder.isPresent()) {
        throw new RefusedException(
            "'" + thing + "' is in the campaign '" + holder.get().id() + "', which has not ended");
      }
    }
    shelf.need(firmware.id());
    if (!packages.find(firmware.id()).equals(Optional.of(firmware))) {
      throw new RefusedException("the package '" + firmware.id() + "' has just been removed");
    }
    Disk.folder(folder);
    Course.Header header =
        new Course.Header(plan, firmware, shelf.newToken(), by, clock.instant(), rollbackOf);
    engine.add(Course.begin(folder.resolve(plan.id() + Desk.LOGS), header, picked));
    return shown(engine, plan.id());
  }

  private static Supplier<Campaign> shown(Engine engine, String id) {
    return () -> {
      Course course = engine.courses().get(id);
      if (course == null) {
        throw new UncheckedIOException(
            new IOException("campaign " + id + " stands still: its log cannot be written"));
      }
      return course.shown();
    };
  }

  @Override
  public CompletionStage<Campaign> pause(String id, String by) {
    return change(id, State.RUNNING, State.PAUSED, "paused by " + by);
  }

  @Override
  public CompletionStage<Campaign> resume(String id, String by) {
    return change(id, State.PAUSED, State.RUNNING, "resumed by " + by);
  }

  private CompletionStage<Campaign> change(String id, State from, State to, String words) {
    return desk.ask(
        engine -> {
          Course course = need(engine, id);
          if (course.state() != from && course.state() != to) {
            throw new RefusedException("'" + id + "' is " + course.state() + ", not " + from);
          }
          if (course.state() == from) {
            course.become(to, words, clock.instant());
          }
          return shown(engine, id);
        });
  }

  @Override
  public CompletionStage<Campaign> abort(String id, String by) {
    return desk.ask(
        engine -> {
          Course course = need(engine, id);
          if (!course.state().ended() && course.state() != State.ABORTING) {
            engine.abort(course, "aborted by " + by, clock.instant());
          }
          return shown(engine, id);
        });
  }

  @Override
  public CompletionStage<Campaign> rollBack(String id, String newId, String packageId, String by) {
    try {
      FirmwarePackage firmware = firmware(packageId);
      return desk.ask(
          engine -> {
            Course course = need(engine, id);
            if (!course.state().ended()) {
              throw new RefusedException("'" + id + "' has not ended; abort it first");
            }
            String version = course.header().firmware().version();
            if (firmware.version().equals(version)) {
              throw new RefusedException(
                  "'" + packageId + "' is " + version + " as well; take an earlier package");
            }
            Plan before = course.header().plan();
            DeviceFilter filter = new DeviceFilter(Optional.empty(), "", Map.of(), version);
            Plan plan = new Plan(newId, packageId, filter, before.pace(), before.limits());
            check(plan);
            List<ThingId> picked = updated(course);
            return begin(engine, plan, firmware, picked, by, id);
          });
    } catch (RefusedException | IOException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** Devices that run its version, or may. */
  private static List<ThingId> updated(Course course) throws RefusedException {
    List<ThingId> picked =
        course.runs().stream()
            .filter(run -> run.state == DeviceState.UPDATED || run.reason == Reason.NOT_CONFIRMED)
            .map(run -> run.thing)
            .toList();
    if (picked.isEmpty()) {
      throw new RefusedException("'" + course.id() + "' has updated no device");
    }
    return picked;
  }

  @Override
  public CompletionStage<Boolean> remove(String id) {
    return desk.ask(
        engine -> {
          Course course = engine.courses().get(id);
          if (course == null) {
            return () -> false;
          }
          if (!course.state().ended()) {
            throw new RefusedException("'" + id + "' has not ended; abort it first");
          }
          engine.forget(course);
          Disk.delete(course.file());
          Disk.sync(folder);
          return () -> true;
        });
  }

  private static Course need(Engine engine, String id) throws RefusedException {
    Course course = engine.courses().get(id);
    if (course == null) {
      throw new RefusedException("there is no campaign '" + id + "'");
    }
    return course;
  }

  private static void check(Plan plan) throws RefusedException {
    Pace pace = plan.pace();
    Limits limits = plan.limits();
    require(plan.id().matches(PackageStore.ID), "id", PackageStore.ID);
    require(pace.canary() >= 1, "canary", "1 and more");
    require(pace.growth() >= 1 && pace.growth() <= 100, "growth", "1 to 100");
    require(pace.perMinute() >= 1 && pace.perMinute() <= 60_000, "perMinute", "1 to 60000");
    require(pace.atOnce() >= 1 && pace.atOnce() <= 10_000, "atOnce", "1 to 10000");
    require(pace.abortPercent() >= 0 && pace.abortPercent() <= 100, "abortPercent", "0 to 100");
    require(pace.abortAfter() >= 1, "abortAfter", "1 and more");
    require(limits.attempts() >= 1 && limits.attempts() <= 100, "attempts", "1 to 100");
    require(
        pace.window().map(window -> !window.from().equals(window.to())).orElse(true),
        "window",
        "two different times");
    for (Duration limit :
        List.of(limits.contact(), limits.delivery(), limits.installation(), limits.campaign())) {
      require(
          limit.compareTo(Duration.ofMinutes(1)) >= 0 && limit.compareTo(LONGEST) <= 0,
          "limits",
          "a minute to 366 days each");
    }
  }

  private static void require(boolean right, String key, String accepted) throws RefusedException {
    if (!right) {
      throw new RefusedException("'" + key + "' is out of its range; accepted: " + accepted);
    }
  }
}
