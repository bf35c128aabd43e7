package io.patchbay.binding.coap;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.store.Registered;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Introduces an endpoint to the hub when its resources are those that a profile asks for: as a
 * device nobody has registered yet, so that the hub's onboarding decides.
 */
final class Introductions {
  private static final Logger LOG = LoggerFactory.getLogger(Introductions.class);
  private static final Receipt NOBODY = new Receipt.Stored(0, 0);
  private static final Pattern NAME = Pattern.compile("\\{([^}]*)}");

  private final UplinkPort uplink;
  private final Things things;
  private final Profiles profiles;

  Introductions(UplinkPort uplink, Things things, Profiles profiles) {
    this.uplink = uplink;
    this.things = things;
    this.profiles = profiles;
  }

  /**
   * What the hub says; that it is stored, too, when no profile fits and there is nothing to say.
   */
  CompletionStage<Receipt> introduce(Registration registration) {
    Thing thing = thing(registration).orElse(null);
    if (thing == null) {
      return CompletableFuture.completedStage(NOBODY);
    }
    ThingState present = things.find(thing.id()).orElse(null);
    if (present != null) {
      return moved(present.registered(), thing);
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    return uplink.offer(
        new Origin(CoapProtocol.SCHEME, thing.connection(), ResourceDirectory.PATH),
        List.of(new Uplink.Discovered(thing, now, now)),
        Duration.ZERO);
  }

  /** One that was onboarded has come from another address; what a person wrote down stays. */
  private CompletionStage<Receipt> moved(Registered present, Thing thing) {
    Thing before = present.thing();
    boolean own =
        present.origin() == Registered.Origin.ONBOARDED
            && present.admission() == Registered.Admission.ADMITTED
            && before.profile().equals(thing.profile());
    if (!own || before.base().equals(thing.base())) {
      return CompletableFuture.completedStage(NOBODY);
    }
    LOG.info("'{}' is at {} now", thing.id(), thing.base());
    Thing there =
        new Thing(before.id(), thing.base(), before.profile(), before.terms(), before.labels());
    return things
        .register(there, Registered.Origin.ONBOARDED)
        .handle(
            (state, failure) -> {
              if (failure != null) {
                LOG.warn("'{}' stays at {}: {}", thing.id(), before.base(), failure.getMessage());
              }
              return NOBODY;
            });
  }

  /** That it is there, or not any more. */
  void presence(Registration registration, Status status, String detail) {
    thing(registration)
        .ifPresent(
            thing -> {
              var unused = uplink.presence(CoapProtocol.SCHEME, thing.connection(), status, detail);
            });
  }

  /** By the profile that has most of its resources there. */
  private Optional<Thing> thing(Registration registration) {
    Profile best = null;
    int most = 0;
    Set<String> there = new HashSet<>();
    registration.links().forEach(link -> there.add(ResourceForm.path(link.target())));
    for (Profile profile : new java.util.TreeMap<>(profiles.current()).values()) {
      Set<String> asked = asked(profile, registration.endpoint());
      if (asked.size() > most && there.containsAll(asked)) {
        best = profile;
        most = asked.size();
      }
    }
    if (best == null) {
      return Optional.empty();
    }
    Map<String, String> terms = terms(best, registration.endpoint());
    String id = AddressPattern.fill(best.thing(), terms).orElse("");
    if (!ThingId.valid(id)) {
      LOG.warn(
          "'{}' cannot name a thing; the endpoint '{}' is in the directory alone",
          id,
          registration.endpoint());
      return Optional.empty();
    }
    return Optional.of(new Thing(new ThingId(id), base(registration), best.id(), terms, Map.of()));
  }

  /** The scheme says the protocol, and behind a + how (see {@link Thing#scheme}). */
  private static URI base(Registration registration) {
    return URI.create(registration.base().replace("coaps://", "coap+dtls://"));
  }

  /** The endpoint's name is whatever the profile calls what tells its things from one another. */
  private static Map<String, String> terms(Profile profile, String endpoint) {
    Map<String, String> terms = new HashMap<>();
    Matcher names = NAME.matcher(profile.thing());
    while (names.find()) {
      terms.put(names.group(1), endpoint);
    }
    return terms;
  }

  /** The resources at a device that the properties of a profile are. */
  private static Set<String> asked(Profile profile, String endpoint) {
    Map<String, String> terms = terms(profile, endpoint);
    Set<String> asked = new HashSet<>();
    for (Property property : profile.properties().values()) {
      for (Form form : property.forms()) {
        if (form.protocol().equals(CoapProtocol.SCHEME)
            && (ResourceForm.asked(form) || !ResourceForm.pushed(form))) {
          String resource = ResourceForm.resource(form);
          if (!ResourceForm.absolute(resource)) {
            AddressPattern.fill(resource, terms).map(ResourceForm::path).ifPresent(asked::add);
          }
        }
      }
    }
    return asked;
  }
}
