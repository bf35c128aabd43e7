package io.patchbay.core;

import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.Recorder;
import io.patchbay.northbound.Rejections;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** {@link Hub} as services. */
@Component(
    immediate = true,
    configurationPid = "io.patchbay.core",
    service = {
      UplinkPort.class,
      Feed.class,
      Things.class,
      Lifecycles.class,
      Commands.class,
      Rejections.class,
      DesiredValues.class,
      Recorder.class,
      Metrics.class,
      Health.class,
      Profiles.Listener.class
    })
@Designate(ocd = HubComponent.Config.class)
public final class HubComponent
    implements UplinkPort,
        Feed,
        Things,
        Lifecycles,
        Commands,
        Rejections,
        DesiredValues,
        Recorder,
        Metrics,
        Health,
        Profiles.Listener {
  /** Settings of core. */
  @ObjectClassDefinition(name = "Patchbay core")
  public @interface Config {
    /** What happens to devices that nobody registered. */
    @AttributeDefinition(
        description =
            "What happens to a device that nobody registered and that a profile's match knows:"
                + " auto takes it, approve holds its data until somebody admits it, reject"
                + " refuses it",
        options = {
          @Option(value = "auto", label = "auto"),
          @Option(value = "approve", label = "approve"),
          @Option(value = "reject", label = "reject")
        })
    String onboarding() default "auto";

    /** Largest payload. */
    @AttributeDefinition(description = "Larger payloads of devices are rejected (octets)")
    int maxFrameBytes() default 1 << 20;

    /** Most things that onboarding takes. */
    @AttributeDefinition(
        description = "Devices that nobody registered are refused when there are this many things")
    int maxThings() default 100_000;

    /** Writes of desired values. */
    @AttributeDefinition(
        description = "Desired values written a second in the whole hub, 1 to 1000")
    int desiredPerSecond() default 20;

    /** Pause after a write. */
    @AttributeDefinition(
        description =
            "Seconds after which a desired value that the device has not reported is written again;"
                + " doubled each time, up to an hour")
    int desiredRetrySeconds() default 10;

    /** Bound of retries. */
    @AttributeDefinition(
        description =
            "Writes in a row that bring nothing; then only when the device comes back or the order"
                + " or the profile changes")
    int desiredAttempts() default 8;

    /** Deadline of a write. */
    @AttributeDefinition(
        description =
            "Seconds until a write of a desired value that a device was not there for expires; it"
                + " is written again then")
    int desiredDeadlineSeconds() default 30;
  }

  private final Hub hub;
  private final Whiteboard whiteboard;

  @Activate
  public HubComponent(
      Config config,
      BundleContext context,
      @Reference Journal journal,
      @Reference ThingStore store,
      @Reference OrderStore orders,
      @Reference CommandStore commands,
      @Reference Profiles profiles,
      @Reference MediaTypes mediaTypes) {
    hub =
        new Hub(
            new Settings(
                Settings.Onboarding.of(config.onboarding()),
                config.maxFrameBytes(),
                config.maxThings(),
                Rhythm.of(
                    config.desiredRetrySeconds(),
                    config.desiredAttempts(),
                    config.desiredPerSecond(),
                    config.desiredDeadlineSeconds())),
            journal,
            store,
            orders,
            commands,
            mediaTypes,
            profiles.current(),
            Clock.systemUTC());
    whiteboard = new Whiteboard(context, hub, hub.schedule.pool());
  }

  @Deactivate
  public void stop() {
    whiteboard.close();
    hub.close();
  }

  @Override
  public CompletionStage<Receipt> offer(Frame frame, Duration patience) {
    return hub.uplink.offer(frame, patience);
  }

  @Override
  public CompletionStage<Receipt> offer(Origin origin, List<Uplink> uplinks, Duration patience) {
    return hub.uplink.offer(origin, uplinks, patience);
  }

  @Override
  public CompletionStage<Receipt> presence(
      String scheme, String connection, Status status, String detail) {
    return hub.uplink.presence(scheme, connection, status, detail);
  }

  @Override
  public Registration open(String name, Selection selection, Receiver receiver) {
    return hub.feeds.open(name, selection, receiver);
  }

  @Override
  public Optional<ThingState> find(ThingId id) {
    return hub.things.find(id);
  }

  @Override
  public Optional<ThingState> find(String scheme, String connection, Map<String, String> terms) {
    return hub.things.find(scheme, connection, terms);
  }

  @Override
  public Page list(Query query) {
    return hub.things.list(query);
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    return hub.things.register(thing, origin);
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission) {
    return hub.things.decide(id, admission);
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    return hub.things.remove(id);
  }

  @Override
  public Optional<List<Lifecycles.Step>> life(ThingId thing, int limit) {
    return hub.lives.life(thing, limit);
  }

  @Override
  public CompletionStage<ThingState> retire(ThingId thing, String why, String by) {
    return hub.things.retire(thing, why, by);
  }

  @Override
  public CompletionStage<ThingState> reinstate(ThingId thing, String why, String by) {
    return hub.things.reinstate(thing, why, by);
  }

  @Override
  public void updating(ThingId thing, String what) {
    hub.lives.updating(thing, what);
  }

  @Override
  public void updated(ThingId thing, String outcome) {
    hub.lives.updated(thing, outcome);
  }

  @Override
  public Ticket submit(Command command, String by) {
    return hub.submit(command, by);
  }

  @Override
  public Optional<CommandRecord> find(CommandId id) {
    return hub.commands.find(id);
  }

  @Override
  public List<KeptFrame> list(long afterId, int max) {
    return hub.rejections.list(afterId, max);
  }

  @Override
  public Map<String, Long> counts() {
    return hub.rejections.counts();
  }

  @Override
  public CompletionStage<Receipt> replay(long id) {
    return hub.rejections.replay(id);
  }

  @Override
  public CompletionStage<Integer> discard(List<Long> ids) {
    return hub.rejections.discard(ids);
  }

  @Override
  public Optional<Recorder.State> state(ThingId thing) {
    return hub.tapes.state(thing);
  }

  @Override
  public boolean start(ThingId thing) {
    return hub.tapes.start(thing);
  }

  @Override
  public void stop(ThingId thing) {
    hub.tapes.stop(thing);
  }

  @Override
  public Optional<Recording> recording(ThingId thing) {
    return hub.tapes.recording(thing);
  }

  @Override
  public List<Desired> of(ThingId thing) {
    return hub.desired.of(thing);
  }

  @Override
  public Optional<Desired> find(ThingId thing, String property) {
    return hub.desired.find(thing, property);
  }

  @Override
  public CompletionStage<Desired> order(ThingId thing, String property, Value value, String by) {
    return hub.desired.order(thing, property, value, by);
  }

  @Override
  public CompletionStage<Boolean> withdraw(ThingId thing, String property) {
    return hub.desired.withdraw(thing, property);
  }

  @Override
  public void state(ThingId thing, Map<String, Value> values) {
    hub.desired.state(thing, values);
  }

  @Override
  public List<Sample> samples() {
    return hub.samples();
  }

  @Override
  public List<Check> checks() {
    return hub.checks();
  }

  @Override
  public void changed(Map<String, Profile> all) {
    hub.profiles(all);
  }
}
