package io.patchbay.core;

import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A hub of core and testkit with one protocol and one kind of plug. */
final class TestHub implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(5);

  final InMemoryJournal journal;
  final ManualClock clock;
  final Hub hub;
  final PairsMediaTypes mediaTypes = new PairsMediaTypes();

  TestHub() {
    this(new InMemoryJournal(), new ManualClock(), Settings.Onboarding.AUTO);
  }

  TestHub(Settings.Onboarding onboarding) {
    this(new InMemoryJournal(), new ManualClock(), onboarding);
  }

  TestHub(InMemoryJournal journal, ManualClock clock, Settings.Onboarding onboarding) {
    this.journal = journal;
    this.clock = clock;
    hub =
        new Hub(
            new Settings(onboarding, 100_000, 1_000),
            journal,
            journal,
            journal,
            journal,
            mediaTypes,
            Map.of("plug", plug("1")),
            clock);
    hub.add(new TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4)));
  }

  /** What a new process on the same data directory is. */
  TestHub restarted() {
    hub.close();
    return new TestHub(journal, clock, Settings.Onboarding.AUTO);
  }

  record TestProtocol(LaneSpec spec, String prefix) implements Protocol {
    TestProtocol(LaneSpec spec) {
      this(spec, "");
    }

    @Override
    public String scheme() {
      return "mqtt";
    }

    @Override
    public String formSchema() {
      return "{}";
    }

    @Override
    public Optional<String> address(Form form) {
      return form.term("topic").map(prefix::concat);
    }

    @Override
    public Codec compile(Form form, DataSchema schema) {
      throw new IllegalArgumentException("this protocol has no types of its own");
    }

    @Override
    public LaneSpec lane(Thing thing, Profile profile) {
      return spec;
    }
  }

  static Form form(Op op, String topic, String path) {
    return new Form(
        "mqtt", Set.of(op), PairsMediaTypes.PAIRS, Map.of("topic", topic, "path", path));
  }

  static DataSchema number(double scale, double offset, double minimum, double maximum) {
    return new DataSchema(
        DataSchema.Type.NUMBER,
        "W",
        scale,
        offset,
        Optional.of(minimum),
        Optional.of(maximum),
        List.of(),
        List.of());
  }

  static Property property(String name, DataSchema schema, boolean readOnly, Form... forms) {
    return new Property(
        name,
        name,
        "",
        schema,
        readOnly,
        Optional.of(Duration.ofMinutes(1)),
        Optional.empty(),
        List.of(forms));
  }

  static Profile plug(String version) {
    DataSchema onOff =
        new DataSchema(
            DataSchema.Type.BOOLEAN,
            "",
            1,
            0,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(new WireWord("ON", "true"), new WireWord("OFF", "false")));
    Map<String, Property> properties = new HashMap<>();
    properties.put(
        "power",
        property(
            "power", number(1, 0, 0, 4_000), true, form(Op.OBSERVE, "tele/{device}/s", "power")));
    properties.put(
        "limit",
        property(
            "limit",
            number(0.1, 0, 0, 100),
            false,
            form(Op.OBSERVE, "tele/{device}/s", "limit"),
            form(Op.READ, "ask/{device}/limit", "limit"),
            form(Op.WRITE, "cmnd/{device}/limit", "limit")));
    properties.put(
        "on",
        property(
            "on",
            onOff,
            false,
            form(Op.OBSERVE, "tele/{device}/s", "on"),
            form(Op.WRITE, "cmnd/{device}/on", "on")));
    return new Profile(
        "plug",
        version,
        "Plug",
        "plug-{device}",
        List.of(new Match(form(Op.OBSERVE, "tele/{device}/s", ""), List.of("power"), Map.of())),
        properties,
        Map.of(
            "blink",
            new Action(
                "blink",
                "Blink",
                Map.of("times", DataSchema.of(DataSchema.Type.INTEGER)),
                List.of(form(Op.INVOKE, "cmnd/{device}/blink", "")))),
        Map.of(),
        List.of(form(Op.OBSERVE, "tele/{device}/lwt", "online")),
        true);
  }

  /** The same, and nothing of it is kept. */
  static Profile notKept() {
    Profile plug = plug("1");
    return new Profile(
        plug.id(),
        "2",
        plug.title(),
        plug.thing(),
        plug.match(),
        plug.properties(),
        plug.actions(),
        plug.events(),
        plug.status(),
        false);
  }

  static final ThingId P1 = new ThingId("plug-p1");

  static Thing thing(String device) {
    return new Thing(
        new ThingId("plug-" + device),
        URI.create("mqtt://local/"),
        "plug",
        Map.of("device", device),
        Map.of());
  }

  TestHub registered(String device) {
    get(hub.things.register(thing(device), Registered.Origin.API));
    return this;
  }

  Frame frame(String address, String payload) {
    return Frame.of(new Origin("mqtt", "local", address), Bytes.utf8(payload), clock.instant());
  }

  static Frame with(Frame frame, DeliveryId.Kind kind, String id) {
    return new Frame(
        frame.origin(),
        frame.target(),
        frame.payload(),
        frame.mediaType(),
        frame.received(),
        frame.time(),
        Optional.of(new DeliveryId(id, kind)),
        frame.retained());
  }

  static Frame retained(Frame frame) {
    return new Frame(
        frame.origin(),
        frame.target(),
        frame.payload(),
        frame.mediaType(),
        frame.received(),
        frame.time(),
        frame.delivery(),
        true);
  }

  CompletionStage<Receipt> offer(Frame frame) {
    return hub.uplink.offer(frame, PATIENCE);
  }

  Receipt send(Frame frame) {
    return get(offer(frame));
  }

  Receipt send(String address, String payload) {
    return send(frame(address, payload));
  }

  List<Uplink.Reading> readings(String property) {
    return journal.all().stream()
        .map(Recorded::uplink)
        .filter(Uplink.Reading.class::isInstance)
        .map(Uplink.Reading.class::cast)
        .filter(reading -> reading.property().equals(property))
        .toList();
  }

  List<Uplink> log() {
    return journal.all().stream().map(Recorded::uplink).toList();
  }

  static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  static <T> T get(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    hub.close();
    journal.close();
  }
}
