package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Documents;
import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.Registered;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Directory, profiles and secrets as a binding meets them, in memory. */
final class FakeHub implements Things, Profiles, Documents {
  static final String SENML = "application/senml+json";

  final Map<ThingId, Registered> things = new ConcurrentHashMap<>();
  final Map<String, Profile> profiles = new ConcurrentHashMap<>();
  final Map<String, String> texts = new ConcurrentHashMap<>();
  final Map<String, String> secrets = new ConcurrentHashMap<>();

  FakeHub() {
    profiles.put("climate", climate());
  }

  /** Takes every newcomer into the directory. */
  Receipt answer(RecordingUplinkPort.Offer offer) {
    for (Uplink uplink : offer.uplinks()) {
      if (uplink instanceof Uplink.Discovered discovered) {
        things.putIfAbsent(
            discovered.thing(),
            new Registered(
                discovered.device(),
                Registered.Admission.ADMITTED,
                Registered.Origin.ONBOARDED,
                Instant.EPOCH));
      } else if (!things.containsKey(uplink.thing())) {
        return new Receipt.Rejected(Rejection.UNKNOWN_THING, "nobody");
      }
    }
    return new Receipt.Stored(0, 0);
  }

  Thing thing(ThingId id) {
    return Optional.ofNullable(things.get(id)).orElseThrow().thing();
  }

  void register(String name, String endpoint, Registered.Admission admission) {
    Thing thing =
        new Thing(
            new ThingId(name),
            URI.create("lwm2m://local"),
            "climate",
            Map.of("endpoint", endpoint),
            Map.of());
    things.put(thing.id(), new Registered(thing, admission, Registered.Origin.FILE, Instant.EPOCH));
  }

  static Form form(String path, Set<Op> ops, Map<String, String> more) {
    Map<String, String> terms = new HashMap<>(more);
    terms.put("path", path);
    return new Form("lwm2m", ops, SENML, terms);
  }

  private static Profile climate() {
    return climate(Set.of(Op.READ, Op.WRITE), Map.of());
  }

  /**
   * @param target what can be done with the set point
   * @param more terms of the forms
   */
  static Profile climate(Set<Op> target, Map<String, String> more) {
    Map<String, Property> properties = new HashMap<>();
    properties.put(
        "temperature",
        property(
            "temperature",
            DataSchema.Type.NUMBER,
            form("/3303/0/5700", Set.of(Op.OBSERVE, Op.READ), more)));
    properties.put(
        "target", property("target", DataSchema.Type.NUMBER, form("/3308/0/5900", target, more)));
    return new Profile(
        "climate",
        "1",
        "Climate",
        "{endpoint}",
        List.of(
            new Match(
                new Form(
                    "lwm2m",
                    Set.of(Op.OBSERVE),
                    "",
                    Map.of("endpoint", "dev*", "objects", "3303, 3308")),
                List.of(),
                Map.of())),
        properties,
        Map.of(
            "reset",
            new Action(
                "reset",
                "Reset",
                Map.of(),
                List.of(new Form("lwm2m", Set.of(Op.INVOKE), "", Map.of("path", "/3303/0/5605"))))),
        Map.of(),
        List.of(),
        true);
  }

  private static Property property(String name, DataSchema.Type type, Form form) {
    return new Property(
        name,
        name,
        "",
        DataSchema.of(type),
        false,
        Optional.empty(),
        Optional.empty(),
        List.of(form),
        Keeping.ALL,
        Optional.empty(),
        Optional.empty());
  }

  @Override
  public Optional<ThingState> find(ThingId id) {
    return Optional.ofNullable(things.get(id)).map(FakeHub::state);
  }

  private static ThingState state(Registered registered) {
    return new ThingState(registered, Status.UNKNOWN, "", Instant.EPOCH, Map.of());
  }

  @Override
  public Page list(Query query) {
    List<ThingState> all =
        things.values().stream()
            .filter(one -> query.admission().map(one.admission()::equals).orElse(true))
            .map(FakeHub::state)
            .toList();
    return new Page(all, all.size(), "");
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    Registered registered =
        new Registered(thing, Registered.Admission.ADMITTED, origin, Instant.EPOCH);
    things.put(thing.id(), registered);
    return CompletableFuture.completedStage(state(registered));
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<String, Profile> current() {
    return Map.copyOf(profiles);
  }

  @Override
  public List<Document> list() {
    return List.of();
  }

  @Override
  public Optional<String> text(String id) {
    return Optional.ofNullable(texts.get(id));
  }

  @Override
  public Document put(String id, String text) {
    texts.put(id, text);
    profiles.put(id, climate());
    return new Document(id, id, "1", false, "active", List.of());
  }

  @Override
  public boolean remove(String id) {
    return profiles.remove(id) != null;
  }

  Secrets keys() {
    return new Secrets() {
      @Override
      public Optional<String> find(String name) {
        return Optional.ofNullable(secrets.get(name));
      }

      @Override
      public void put(String name, String secret) {
        secrets.put(name, secret);
      }

      @Override
      public boolean remove(String name) {
        return secrets.remove(name) != null;
      }

      @Override
      public List<String> names() {
        return List.copyOf(secrets.keySet());
      }
    };
  }
}
