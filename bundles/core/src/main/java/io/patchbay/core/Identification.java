package io.patchbay.core;

import io.patchbay.profile.AddressPattern;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Reader;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Target;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds whose frame it is: by target, by address among the registered, or by a profile's match. */
final class Identification {
  private record Candidate(
      CompiledProfile profile, AddressPattern pattern, Map<String, String> terms) {}

  private record Applicant(
      CompiledProfile profile, CompiledProfile.Door door, Map<String, String> terms) {}

  private static final Comparator<Applicant> NARROWEST_FIRST =
      Comparator.comparingInt((Applicant applicant) -> applicant.door().pattern().specificity())
          .thenComparingInt(applicant -> applicant.door().conditions())
          .reversed()
          .thenComparing(applicant -> applicant.profile().profile().id());

  private final Catalogue catalogue;
  private final Directory directory;
  private final Settings settings;
  private final Clock clock;

  Identification(Catalogue catalogue, Directory directory, Settings settings, Clock clock) {
    this.catalogue = catalogue;
    this.directory = directory;
    this.settings = settings;
    this.clock = clock;
  }

  boolean speaks(String scheme) {
    return catalogue.speaks(scheme);
  }

  /** How frames from there are divided; none, nearly always. */
  List<Division> divisions(Origin origin) {
    return Division.part(origin) ? List.of() : catalogue.lookup().divisions(origin);
  }

  /** Whether somebody reads the frame as a whole, too. */
  boolean readsWhole(Frame frame) {
    try {
      identify(frame);
      return true;
    } catch (DecodeException e) {
      return false;
    }
  }

  Source identify(Frame frame) throws DecodeException {
    if (frame.target().isPresent()) {
      return targeted(frame.target().get(), frame.origin().scheme());
    }
    try {
      return identify(catalogue.lookup(), frame);
    } catch (DecodeException hasty) {
      // things or profiles may have changed meanwhile
      return directory.still(() -> identify(catalogue.lookup(), frame));
    }
  }

  private Source identify(Catalogue.Lookup lookup, Frame frame) throws DecodeException {
    Origin origin = frame.origin();
    Source known = lookup.known(origin).orElse(null);
    if (known != null) {
      return known;
    }
    List<Candidate> candidates = candidates(lookup, origin);
    for (Candidate candidate : candidates) {
      Device device = registered(lookup, candidate, origin).orElse(null);
      if (device != null) {
        return lookup.remember(origin, source(device, candidate.profile(), origin, false));
      }
    }
    return newcomer(lookup, frame, !candidates.isEmpty());
  }

  private Source targeted(Target target, String scheme) throws DecodeException {
    Device device = find(target.thing());
    CompiledProfile profile = profileOf(device);
    return new Source(
        device,
        profile,
        List.of(profile.interpretation().target(target.property(), scheme)),
        false);
  }

  /** Who it is when the binding names it; a {@link Uplink.Discovered} among them introduces it. */
  Source identify(ThingId id, List<Uplink> uplinks) throws DecodeException {
    Device device = directory.find(id).orElse(null);
    if (device != null) {
      return new Source(device, profileOf(device), List.of(), false);
    }
    for (Uplink uplink : uplinks) {
      if (uplink instanceof Uplink.Discovered discovered) {
        Device newcomer = welcome(discovered.device());
        return new Source(newcomer, profileOf(newcomer), List.of(), true);
      }
    }
    return new Source(find(id), profileOf(find(id)), List.of(), false);
  }

  Device find(ThingId id) throws DecodeException {
    return directory
        .find(id)
        .orElseThrow(
            () -> new DecodeException(Rejection.UNKNOWN_THING, "no thing is named '" + id + "'"));
  }

  CompiledProfile profileOf(Device device) throws DecodeException {
    return catalogue
        .profile(device.thing().profile())
        .orElseThrow(
            () ->
                new DecodeException(
                    Rejection.UNKNOWN_THING,
                    "profile '"
                        + device.thing().profile()
                        + "' of thing '"
                        + device.id()
                        + "' is not there"));
  }

  /** Every profile that listens at the address, the narrowest pattern first. */
  private static List<Candidate> candidates(Catalogue.Lookup lookup, Origin origin) {
    List<Candidate> candidates = new ArrayList<>();
    for (CompiledProfile profile : lookup.readers(origin)) {
      for (Reader reader : profile.interpretation().readers(origin.scheme())) {
        terms(reader.pattern(), origin)
            .ifPresent(terms -> candidates.add(new Candidate(profile, reader.pattern(), terms)));
      }
      for (CompiledProfile.Door door : profile.doors(origin.scheme())) {
        terms(door.pattern(), origin)
            .ifPresent(terms -> candidates.add(new Candidate(profile, door.pattern(), terms)));
      }
    }
    candidates.sort(
        Comparator.comparingInt((Candidate candidate) -> candidate.pattern().specificity())
            .reversed()
            .thenComparing(candidate -> candidate.profile().profile().id()));
    return candidates;
  }

  private static Optional<Map<String, String>> terms(AddressPattern pattern, Origin origin) {
    Optional<Map<String, String>> bound = pattern.match(origin.address());
    if (bound.isEmpty() || origin.terms().isEmpty()) {
      return bound;
    }
    Map<String, String> terms = new HashMap<>(origin.terms());
    terms.remove(Division.TERM);
    terms.putAll(bound.get());
    return Optional.of(terms);
  }

  private static Optional<Device> registered(
      Catalogue.Lookup lookup, Candidate candidate, Origin origin) {
    return Directory.terms(candidate.profile().identity(), candidate.terms())
        .flatMap(
            identity ->
                lookup.registered(
                    new Directory.Identity(
                        candidate.profile().profile().id(),
                        origin.scheme(),
                        origin.connection(),
                        identity)));
  }

  private static Source source(
      Device device, CompiledProfile profile, Origin origin, boolean newcomer) {
    return new Source(device, profile, profile.interpretation().readers(origin), newcomer);
  }

  private Source newcomer(Catalogue.Lookup lookup, Frame frame, boolean addressKnown)
      throws DecodeException {
    Origin origin = frame.origin();
    List<Applicant> applicants = new ArrayList<>();
    for (CompiledProfile profile : lookup.readers(origin)) {
      for (CompiledProfile.Door door : profile.doors(origin.scheme())) {
        terms(door.pattern(), origin)
            .ifPresent(terms -> applicants.add(new Applicant(profile, door, terms)));
      }
    }
    applicants.sort(NARROWEST_FIRST);
    for (Applicant applicant : applicants) {
      if (applicant.door().test().test(frame)) {
        return source(admit(applicant, origin), applicant.profile(), origin, true);
      }
    }
    throw addressKnown
        ? new DecodeException(
            Rejection.UNKNOWN_THING,
            "nobody is registered who sends to '" + origin.address() + "', and no match fits")
        : new DecodeException(
            Rejection.UNKNOWN_ADDRESS, "no profile listens at '" + origin.address() + "'");
  }

  /** A device as it will be in the directory, once the journal takes its first frame. */
  private Device admit(Applicant applicant, Origin origin) throws DecodeException {
    String template = applicant.profile().profile().thing();
    String name =
        AddressPattern.fill(template, applicant.terms())
            .orElseThrow(
                () ->
                    new DecodeException(
                        Rejection.UNKNOWN_THING,
                        "'" + template + "' needs more than " + applicant.terms().keySet()));
    if (!ThingId.valid(name)) {
      throw new DecodeException(
          Rejection.UNKNOWN_THING,
          "'" + name + "' cannot name a thing; register one with the terms " + applicant.terms());
    }
    ThingId id = new ThingId(name);
    if (directory.find(id).isPresent()) {
      throw new DecodeException(
          Rejection.UNKNOWN_THING,
          "'" + name + "' is another thing already; register this one under another name");
    }
    return welcome(
        new Thing(
            id, base(origin), applicant.profile().profile().id(), applicant.terms(), Map.of()));
  }

  private Device welcome(Thing thing) throws DecodeException {
    if (settings.onboarding() == Settings.Onboarding.REJECT) {
      throw new DecodeException(
          Rejection.NOT_ADMITTED,
          "'" + thing.id() + "' is not registered, and onboarding = reject");
    } else if (directory.size() >= settings.maxThings()) {
      throw new DecodeException(
          Rejection.NOT_ADMITTED,
          "the directory holds " + settings.maxThings() + " things; raise maxThings");
    }
    return new Device(registered(thing), false);
  }

  Registered registered(Thing thing) {
    return new Registered(
        thing,
        settings.onboarding() == Settings.Onboarding.AUTO ? Admission.ADMITTED : Admission.WAITING,
        Registered.Origin.ONBOARDED,
        Times.millis(clock.instant()));
  }

  private static URI base(Origin origin) throws DecodeException {
    try {
      return new URI(
          origin.scheme(),
          origin.connection().isEmpty() ? null : origin.connection(),
          "/",
          null,
          null);
    } catch (URISyntaxException e) {
      throw new DecodeException(
          Rejection.UNKNOWN_THING,
          "connection '" + origin.connection() + "' cannot stand in a URI: " + e.getReason());
    }
  }
}
