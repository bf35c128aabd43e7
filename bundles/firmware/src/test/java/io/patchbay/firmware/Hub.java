package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.Device;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages.Draft;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/** A hub without threads: time passes, and the engine has its turns, when a test says so. */
final class Hub implements Things {
  static final Limits LIMITS =
      new Limits(
          Duration.ofHours(2), Duration.ofHours(2), Duration.ofHours(1), Duration.ofDays(3), 3);
  static final Pace PACE = new Pace(5, 4, 600, 100, Optional.empty(), 100, 1000);

  final ManualClock clock;
  final ScriptedDevices devices;
  final Protocols protocols = new Protocols();
  final ToldLives lives = new ToldLives();
  private final Path folder;
  private PackageStore packages;
  private Shelf shelf;
  private Engine engine;

  Hub(Path folder) throws Exception {
    this(folder, new ManualClock());
  }

  /**
   * @param time of the devices; the engine's is {@link #clock}, when that is not the same
   */
  Hub(Path folder, Clock time) throws Exception {
    this.folder = folder;
    clock = time instanceof ManualClock manual ? manual : new ManualClock();
    devices = new ScriptedDevices(time, thing -> {});
    protocols.came(ScriptedDevices.SCHEME, devices);
    packages = store();
    shelf = new Shelf(packages, Optional.empty());
    engine = engine();
    pack("v11", "1.1");
  }

  private PackageStore store() {
    return new PackageStore(
        folder.resolve("packages"),
        new SigningKeys(folder.resolve("keys")),
        1 << 20,
        1 << 16,
        clock);
  }

  private Engine engine() {
    Engine fresh = new Engine(clock, this, protocols, shelf::image, lives, () -> {});
    devices.cutOff(fresh::changed);
    return fresh;
  }

  FirmwarePackage pack(String id, String version) throws Exception {
    return packages.add(
        new Draft(id, version, Optional.empty(), Optional.empty(), DeviceFilter.ALL),
        out -> out.write(new byte[1000]),
        "tester");
  }

  Path campaigns() {
    return folder.resolve("campaigns");
  }

  Engine running() {
    return engine;
  }

  Shelf shelf() {
    return shelf;
  }

  static Plan plan(String id, Pace pace) {
    return new Plan(id, "v11", DeviceFilter.ALL, pace, LIMITS);
  }

  /**
   * @param attempts deliveries that may break off
   */
  static Plan plan(String id, Pace pace, int attempts) {
    Limits limits =
        new Limits(
            LIMITS.contact(),
            LIMITS.delivery(),
            LIMITS.installation(),
            LIMITS.campaign(),
            attempts);
    return new Plan(id, "v11", DeviceFilter.ALL, pace, limits);
  }

  /** Begins with all devices, in the order of their names. */
  void start(Plan plan) throws IOException {
    Disk.folder(campaigns());
    Course.Header header =
        new Course.Header(
            plan,
            packages.find(plan.firmware()).orElseThrow(),
            shelf.newToken(),
            "tester",
            clock.instant(),
            "");
    engine.add(
        Course.begin(
            campaigns().resolve(plan.id() + Desk.LOGS),
            header,
            List.copyOf(devices.devices.keySet())));
  }

  /** Ends without warning: what is in memory is gone, what is on disk is read again. */
  void kill() throws IOException {
    packages = store();
    shelf = new Shelf(packages, Optional.empty());
    engine = engine();
    for (Path file : Disk.list(campaigns())) {
      engine.add(Course.load(file));
    }
    engine.loaded();
  }

  void pass(Duration step) {
    clock.advance(step);
    devices.tick();
    engine.turn();
  }

  /** Lets time pass in steps until something holds; fails after so long a time. */
  void until(Duration longest, BooleanSupplier holds) {
    Instant end = clock.instant().plus(longest);
    while (!holds.getAsBoolean()) {
      if (clock.instant().isAfter(end)) {
        throw new AssertionError("not within " + longest + ": " + shown());
      }
      pass(Duration.ofSeconds(10));
    }
  }

  private List<Device> shown() {
    return engine.courses().values().stream()
        .flatMap(course -> course.runs().stream())
        .map(Run::shown)
        .toList();
  }

  Course course(String id) {
    Course course = engine.courses().get(id);
    if (course == null) {
      throw new IllegalArgumentException("there is no campaign " + id);
    }
    return course;
  }

  Campaign campaign(String id) {
    return course(id).shown();
  }

  Device device(String thing) {
    return engine.courses().values().stream()
        .flatMap(course -> course.runs().stream())
        .filter(run -> run.thing.value().equals(thing))
        .map(Run::shown)
        .findFirst()
        .orElseThrow();
  }

  void finish(String id) {
    until(Duration.ofDays(4), () -> campaign(id).state().ended());
  }

  // ---- the directory of things

  @Override
  public Optional<ThingState> find(ThingId id) {
    return Optional.ofNullable(devices.devices.get(id)).map(device -> state(device.thing));
  }

  private static ThingState state(Thing thing) {
    return new ThingState(
        new Registered(thing, Registered.Admission.ADMITTED, Registered.Origin.API, Instant.EPOCH),
        Status.UNKNOWN,
        "",
        Instant.EPOCH,
        Map.of());
  }

  @Override
  public Page list(Query query) {
    List<ThingState> all =
        devices.devices.values().stream().map(device -> state(device.thing)).toList();
    return new Page(all, all.size(), "");
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    throw new UnsupportedOperationException("nothing comes");
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission) {
    throw new UnsupportedOperationException("all are admitted");
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    throw new UnsupportedOperationException("nothing goes");
  }

  /** The state that a campaign is in. */
  Campaigns.State state(String id) {
    return campaign(id).state();
  }
}
