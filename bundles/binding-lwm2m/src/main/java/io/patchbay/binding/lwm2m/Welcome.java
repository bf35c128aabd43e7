package io.patchbay.binding.lwm2m;

import io.patchbay.dtls.Shown;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Documents;
import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.store.Registered;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UplinkRequest;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.security.Authorizer;
import org.eclipse.leshan.servers.security.Authorization;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides who may register: whose identity is the endpoint's, or who is listed; and who the hub
 * takes. A device that is told that it is registered is a thing, durably.
 */
final class Welcome implements Authorizer {
  private static final Logger LOG = LoggerFactory.getLogger(Welcome.class);

  /** Profiles made by the hub; kinds of devices beyond need one that somebody writes. */
  private static final int MOST_DRAFTS = 500;

  private final Settings settings;
  private final Access access;
  private final Registry registry;
  private final ModelFiles models;
  private final Who who;
  private final Things things;
  private final Profiles profiles;
  private final Documents documents;
  private final UplinkPort uplink;
  private final LongAdder refused = new LongAdder();

  /** Who is taken for a profile when registering. */
  private record Door(Profile profile, String pattern, Set<Integer> objects) {}

  private record Doors(Map<String, Profile> of, List<Door> all) {}

  private volatile Doors doors = new Doors(Map.of(), List.of());

  /** By endpoint: what came of its being taken in, until that is answered. */
  private final Map<String, Optional<Throwable>> outcomes = new ConcurrentHashMap<>();

  Welcome(
      Settings settings,
      Access access,
      Registry registry,
      ModelFiles models,
      Who who,
      Things things,
      Profiles profiles,
      Documents documents,
      UplinkPort uplink) {
    this.settings = settings;
    this.access = access;
    this.registry = registry;
    this.models = models;
    this.who = who;
    this.things = things;
    this.profiles = profiles;
    this.documents = documents;
    this.uplink = uplink;
  }

  /** Registrations that were refused. */
  long refused() {
    return refused.sum();
  }

  @Override
  public Authorization isAuthorized(
      UplinkRequest<?> request, Registration registration, LwM2mPeer sender, EndpointUri uri) {
    String endpoint = registration.getEndpoint();
    String why = refusal(request, registration, sender, uri);
    if (!why.isEmpty()) {
      return declined(endpoint, why);
    } else if (!(request instanceof RegisterRequest)) {
      return Authorization.approved();
    }
    try {
      return admit(registration, sender);
    } catch (RefusedException e) {
      return declined(endpoint, String.valueOf(e.getMessage()));
    }
  }

  /** Why it is not the endpoint that it says it is; empty when it is. */
  private String refusal(
      UplinkRequest<?> request, Registration registration, LwM2mPeer sender, EndpointUri uri) {
    String endpoint = registration.getEndpoint();
    if (!(request instanceof RegisterRequest) && !registration.getEndpointUri().equals(uri)) {
      return "it had registered with or without DTLS, and comes the other way now";
    } else if (sender.getIdentity().isSecure()) {
      return Peer.shown(sender).filter(shown -> Access.permits(shown, endpoint)).isPresent()
          ? ""
          : "its identity "
              + Peer.shown(sender).map(Shown::toString).orElse("")
              + " is not this endpoint's, or counts no more";
    }
    Registration present = registry.getRegistrationByEndpoint(endpoint);
    return access.hasKey(endpoint)
            || (present != null && present.getClientTransportData().getIdentity().isSecure())
        ? "it comes without DTLS, and has a key or a certificate"
        : "";
  }

  private Authorization declined(String endpoint, String why) {
    refused.increment();
    LOG.warn("Endpoint '{}' is refused: {}", endpoint, why);
    return Authorization.declined();
  }

  private Authorization admit(Registration registration, LwM2mPeer sender) throws RefusedException {
    String endpoint = registration.getEndpoint();
    ThingState known = who.find(endpoint).orElse(null);
    boolean registered =
        known != null && known.registered().origin() != Registered.Origin.ONBOARDED;
    if (!sender.getIdentity().isSecure()
        && !registered
        && !Settings.fits(settings.unsecured(), endpoint)) {
      throw new RefusedException(
          "it comes without DTLS and is not listed; give it a key (PUT /api/v1/secrets/lwm2m-psk."
              + Access.written(endpoint).orElse("NAME")
              + "), or list it in 'unsecured' of io.patchbay.binding.lwm2m");
    } else if (registry.getRegistrationByEndpoint(endpoint) == null
        && registry.size() >= settings.registrations()) {
      throw new RefusedException(
          "there are " + registry.size() + " registrations; raise 'registrations'");
    } else if (known == null) {
      introduce(endpoint, registration.getAvailableInstances());
    } else if (known.registered().admission() == Registered.Admission.REJECTED) {
      throw new RefusedException("the administrator refused thing '" + id(known) + "'");
    } else if (known.registered().admission() == Registered.Admission.RETIRED) {
      throw new RefusedException(
          "thing '" + id(known) + "' is out of service: " + known.statusDetail());
    } else {
      keepUp(known, registration.getAvailableInstances());
    }
    return Authorization.approved();
  }

  private static ThingId id(ThingState state) {
    return state.registered().thing().id();
  }

  private void introduce(String endpoint, Set<LwM2mPath> instances) throws RefusedException {
    Optional<Profile> fitting = fitting(endpoint, instances);
    String profile =
        fitting.isPresent() ? fitting.get().id() : draft(instances); // somebody's, or the hub's
    String name =
        fitting
            .map(Profile::thing)
            .orElse("{endpoint}")
            .replace("{" + Lwm2mProtocol.ENDPOINT + "}", endpoint);
    if (!ThingId.valid(name) || endpoint.indexOf('/') >= 0) {
      throw new RefusedException(
          "'"
              + name
              + "' cannot name a thing; put a file into things/ with a name, base"
              + " lwm2m://local and terms: { endpoint: ... }");
    }
    Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
    Thing thing =
        new Thing(
            new ThingId(name),
            URI.create(Lwm2mProtocol.SCHEME + "://" + Lwm2mProtocol.LOCAL),
            profile,
            Map.of(Lwm2mProtocol.ENDPOINT, endpoint),
            Map.of());
    judge(
        endpoint,
        () ->
            uplink
                .offer(
                    new Origin(Lwm2mProtocol.SCHEME, Lwm2mProtocol.LOCAL, endpoint),
                    List.of(new Uplink.Discovered(thing, now, now)),
                    Duration.ZERO)
                .thenAccept(
                    receipt -> {
                      if (receipt instanceof Receipt.Rejected rejected) {
                        throw new CompletionException(new RefusedException(rejected.detail()));
                      } else if (receipt instanceof Receipt.Busy) {
                        throw new IllegalStateException("the hub has no room now");
                      }
                    }));
  }

  /**
   * Comes twice: the first time it is begun and the device waits, the second time the outcome is
   * there.
   */
  private void judge(String endpoint, Supplier<CompletionStage<?>> step) throws RefusedException {
    Optional<Throwable> outcome = outcomes.remove(endpoint);
    if (outcome == null) {
      throw new Reception.NotYet(
          step.get()
              .handle(
                  (done, failure) ->
                      outcomes.put(
                          endpoint,
                          Optional.ofNullable(
                              failure instanceof CompletionException && failure.getCause() != null
                                  ? failure.getCause()
                                  : failure))));
    } else if (outcome.orElse(null) instanceof RefusedException refused) {
      throw refused;
    } else if (outcome.isPresent()) {
      throw new Reception.NoRoom(outcome.get());
    }
  }

  /** A device that has other objects than before is of another kind. */
  private void keepUp(ThingState known, Set<LwM2mPath> instances) throws RefusedException {
    Thing thing = known.registered().thing();
    if (!thing.profile().startsWith(ProfileDraft.PREFIX)) {
      return;
    }
    String profile = draft(instances);
    if (!profile.equals(thing.profile())
        && known.registered().admission() == Registered.Admission.ADMITTED) {
      judge(
          thing.terms().getOrDefault(Lwm2mProtocol.ENDPOINT, ""),
          () ->
              things.register(
                  new Thing(thing.id(), thing.base(), profile, thing.terms(), thing.labels()),
                  known.registered().origin()));
    }
  }

  private String draft(Set<LwM2mPath> instances) throws RefusedException {
    ProfileDraft draft = ProfileDraft.of(instances, models);
    Map<String, Profile> present = profiles.current();
    if (present.containsKey(draft.id())) {
      return draft.id();
    }
    long made = present.keySet().stream().filter(id -> id.startsWith(ProfileDraft.PREFIX)).count();
    if (made >= MOST_DRAFTS) {
      throw new RefusedException(
          "the hub has made "
              + made
              + " profiles already; remove some, or write one with a match for this device");
    }
    try {
      Documents.Document unused = documents.put(draft.id(), draft.text());
    } catch (IOException e) {
      throw new IllegalStateException("its profile cannot be kept", e);
    }
    return draft.id();
  }

  /** The profile whose match names the endpoint most closely. */
  private Optional<Profile> fitting(String endpoint, Set<LwM2mPath> instances) {
    Set<Integer> objects =
        instances.stream().map(LwM2mPath::getObjectId).collect(Collectors.toSet());
    for (Door door : doors()) {
      if (Settings.fits(List.of(door.pattern()), endpoint) && objects.containsAll(door.objects())) {
        return Optional.of(door.profile());
      }
    }
    return Optional.empty();
  }

  /** As the profiles are now, the longest pattern first. */
  @SuppressWarnings("ReferenceEquality") // other profiles are another map
  private List<Door> doors() {
    Map<String, Profile> present = profiles.current();
    Doors known = doors;
    if (known.of() != present) {
      known = new Doors(present, doors(present));
      doors = known;
    }
    return known.all();
  }

  private static List<Door> doors(Map<String, Profile> profiles) {
    List<Door> all = new ArrayList<>();
    for (Profile profile : profiles.values()) {
      for (Match match : profile.match()) {
        Form form = match.form();
        if (form.protocol().equals(Lwm2mProtocol.SCHEME)) {
          all.add(
              new Door(
                  profile,
                  form.term(Lwm2mProtocol.ENDPOINT).orElse(""),
                  numbers(form.term("objects").orElse(""))));
        }
      }
    }
    all.sort(
        Comparator.comparingInt((Door door) -> door.pattern().length())
            .reversed()
            .thenComparing(door -> door.profile().id()));
    return all;
  }

  private static Set<Integer> numbers(String list) {
    Set<Integer> numbers = new HashSet<>();
    for (String word : list.split(",", -1)) {
      if (!word.isBlank()) {
        numbers.add(Integer.valueOf(word.strip()));
      }
    }
    return numbers;
  }
}
