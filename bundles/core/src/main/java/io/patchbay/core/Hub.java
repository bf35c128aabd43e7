package io.patchbay.core;

import io.patchbay.northbound.Commands;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Protocol;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Journal;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.Command;
import io.patchbay.thing.ThingId;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/** Core, put together: what stands here is what there is. */
final class Hub implements AutoCloseable {
  private static final int COMMANDS = 10_000;

  final Ports ports = new Ports();
  final Feeds feeds = new Feeds();
  final Tally tally = new Tally();
  final Schedule schedule = new Schedule();
  final Directory directory = new Directory();
  final Catalogue catalogue;
  final JournalLine line;
  final Presences presences;
  final UplinkPipeline uplink;
  final Lives lives;
  final Membership things;
  final RejectedFrames rejections;
  final Downlink commands;
  final Poller poller;
  final Interests interests;
  final StandingOrders desired;
  final Tapes tapes;

  Hub(
      Settings settings,
      Journal journal,
      ThingStore store,
      OrderStore orders,
      CommandStore waiting,
      MediaTypes mediaTypes,
      Map<String, Profile> profiles,
      Clock clock) {
    catalogue = new Catalogue(ports, mediaTypes, directory);
    line = new JournalLine(journal);
    presences = new Presences(line, directory, catalogue, feeds, tally, clock);
    lives = new Lives(directory, journal, presences, schedule::after);
    uplink =
        new UplinkPipeline(
            new Identification(catalogue, directory, settings, clock),
            new Interpreter(settings),
            directory,
            new Sessions(journal),
            line,
            store,
            presences,
            feeds,
            tally,
            this::newcomer);
    things =
        new Membership(
            directory,
            catalogue,
            uplink,
            line,
            journal,
            store,
            schedule.pool(),
            clock,
            lives,
            this::changed);
    rejections = new RejectedFrames(journal, uplink, tally);
    Requests requests = new Requests(directory, catalogue, ports);
    commands =
        new Downlink(
            requests,
            ports,
            uplink,
            presences,
            feeds,
            waiting,
            schedule.pool(),
            schedule,
            clock,
            COMMANDS);
    poller = new Poller(directory, catalogue, ports, commands, schedule, clock);
    interests = new Interests(catalogue, directory, schedule);
    tapes = new Tapes(directory, catalogue);
    desired =
        new StandingOrders(
            settings.rhythm(),
            directory,
            catalogue,
            ports,
            requests,
            commands,
            orders,
            feeds,
            schedule.pool(),
            schedule::after,
            clock,
            RandomGenerator.getDefault());
    for (Registered registered : store.load()) {
      directory.put(registered);
    }
    for (Recorded recorded : journal.latest()) {
      directory.find(recorded.uplink().thing()).ifPresent(device -> device.remember(recorded));
    }
    catalogue.change(profiles);
    lives.load();
    desired.load();
    commands.load();
    tapes.planAll();
  }

  /** Called while it is a frame's turn: must be quick. */
  private void newcomer(Device device) {
    if (directory.find(device.id()).isEmpty()) {
      catalogue.forgetSources();
    }
    poller.plan(device.id());
    desired.plan(device.id());
    tapes.plan(device.id());
    interests.soon(device);
  }

  private void changed(ThingId id) {
    catalogue.forgetSources();
    poller.plan(id);
    desired.plan(id);
    tapes.plan(id);
    interests.changed();
  }

  void profiles(Map<String, Profile> all) {
    catalogue.change(all);
    poller.planAll();
    desired.planAll();
    tapes.planAll();
    interests.changed();
  }

  void add(Protocol protocol) {
    ports.add(protocol);
    protocolsChanged(protocol.scheme());
  }

  void remove(Protocol protocol) {
    if (ports.remove(protocol)) {
      protocolsChanged(protocol.scheme());
    }
  }

  private void protocolsChanged(String scheme) {
    catalogue.recompile(scheme);
    poller.planAll();
    desired.planAll();
    interests.changed();
  }

  void add(String scheme, DownlinkPort port) {
    ports.add(scheme, port);
    poller.planAll();
    desired.planAll();
  }

  void remove(String scheme, DownlinkPort port) {
    if (ports.remove(scheme, port)) {
      poller.planAll();
      desired.planAll();
    }
  }

  void listen(String scheme, InterestListener listener) {
    interests.add(scheme, listener);
  }

  void ignore(InterestListener listener) {
    interests.remove(listener);
  }

  /** A property that has a desired value is not written otherwise: the two would fight. */
  Commands.Ticket submit(Command command, String by) {
    Optional<String> standing = desired.forbids(command);
    return standing.isPresent()
        ? commands.refuse(command, by, standing.get())
        : commands.submit(command, by);
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>(tally.samples());
    samples.addAll(feeds.samples());
    samples.addAll(commands.samples());
    samples.addAll(desired.samples());
    samples.addAll(tapes.samples());
    samples.addAll(lives.samples());
    samples.add(
        Sample.counter(
            "patchbay_polls_skipped_total",
            "Polls not sent because the one before was under way.",
            Map.of(),
            (double) poller.skipped()));
    for (Admission admission : Admission.values()) {
      samples.add(
          Sample.gauge(
              "patchbay_things",
              "Things of the directory, by admission.",
              Map.of("admission", admission.name().toLowerCase(java.util.Locale.ROOT)),
              (double) things.count(admission)));
    }
    return samples;
  }

  List<Health.Check> checks() {
    List<Health.Check> checks = new ArrayList<>();
    String trouble = line.trouble();
    checks.add(
        trouble.isEmpty()
            ? new Health.Check("uplink", Health.State.OK, "the journal takes what comes")
            : new Health.Check("uplink", Health.State.CRITICAL, trouble));
    List<String> problems = catalogue.problems();
    checks.add(
        problems.isEmpty()
            ? new Health.Check("forms", Health.State.OK, "every form can be used")
            : new Health.Check("forms", Health.State.WARN, String.join("; ", problems)));
    TreeSet<String> missing = new TreeSet<>();
    directory.all().forEach(device -> missing.add(device.thing().scheme()));
    missing.removeIf(scheme -> ports.protocol(scheme).isPresent());
    checks.add(
        missing.isEmpty()
            ? new Health.Check("protocols", Health.State.OK, "every thing's protocol runs")
            : new Health.Check(
                "protocols",
                Health.State.WARN,
                "there are things for " + missing + ", and no bundle that speaks it"));
    return checks;
  }

  @Override
  public void close() {
    desired.close();
    commands.close();
    schedule.close();
  }
}
