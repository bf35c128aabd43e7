package io.patchbay.binding.lwm2m;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.ObservationIdentifier;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.LwM2mIdentity;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.registration.Deregistration;
import org.eclipse.leshan.server.registration.ExpirationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationStore;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.registration.UpdatedRegistration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registrations and observations, in memory and in a file that survives the process. Changes of one
 * device follow one another; devices do not wait for each other but for the moment that a line
 * takes to be written. Expiry looks only at what is due.
 */
final class Registry implements RegistrationStore, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int STRIPES = 256;

  /**
   * As long as a device may repeat what it has said (RFC 7252, clause 4.8.2: MAX_TRANSMIT_WAIT).
   */
  private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(93);

  private final Map<String, Registration> byEndpoint = new ConcurrentHashMap<>();
  private final Map<String, Registration> byId = new ConcurrentHashMap<>();
  private final Map<InetSocketAddress, Registration> byAddress = new ConcurrentHashMap<>();
  private final Map<LwM2mIdentity, Registration> byIdentity = new ConcurrentHashMap<>();
  private final Map<ObservationIdentifier, Observation> observations = new ConcurrentHashMap<>();
  private final Map<String, Set<ObservationIdentifier>> byRegistration = new ConcurrentHashMap<>();

  /** By endpoint and path of an instance: the unit that its sensor says it has. */
  private final Map<String, Map<String, String>> units = new ConcurrentHashMap<>();

  /** Asked for, and not answered yet. */
  private final Set<ObservationIdentifier> asked = ConcurrentHashMap.newKeySet();

  /**
   * Others took their place, or nobody knows whether the device heard of them. For a while what it
   * says under them counts: a reset ends, in many a device, what was asked since, too.
   */
  private final Map<ObservationIdentifier, Former> formers = new ConcurrentHashMap<>();

  /** Ids by the second in which they may expire; an update does not move them. */
  private final NavigableMap<Long, Set<String>> due = new ConcurrentSkipListMap<>();

  private final Object[] stripes = new Object[STRIPES];
  private final RegistryLines lines = new RegistryLines();
  private final RegistryLog log;
  private final LongSupplier nanos;
  private volatile ExpirationListener expired = (registration, gone) -> {};

  /**
   * @param of as it was asked
   * @param until when it counts no more, in nanoseconds
   */
  private record Former(Observation observation, Registration of, long until) {}

  Registry(Path folder) throws IOException {
    this(folder, System::nanoTime);
  }

  Registry(Path folder, LongSupplier nanos) throws IOException {
    this.nanos = nanos;
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Object();
    }
    log = RegistryLog.open(folder.resolve("registrations.jsonl"), this::read);
  }

  private Object stripe(String endpoint) {
    return stripes[Math.floorMod(endpoint.hashCode(), STRIPES)];
  }

  private void read(String line) {
    try {
      lines.read(line, new Restoring());
    } catch (RuntimeException e) {
      LOG.warn("A line of the registrations cannot be read and is left out: {}", e.getMessage());
    }
  }

  /** What happened before this process began; it is in the file already. */
  private final class Restoring implements RegistryLines.Reader {
    @Override
    public void registered(Registration registration) {
      Registration before = byEndpoint.get(registration.getEndpoint());
      if (before != null && !before.getId().equals(registration.getId())) {
        replaced(before, registration);
      } else if (before != null) {
        unlink(before);
      }
      link(registration);
    }

    @Override
    public void deregistered(String registrationId) {
      Registration gone = byId.get(registrationId);
      if (gone != null) {
        forget(gone);
      }
    }

    @Override
    public void asked(Observation observation) {
      Registration of = byId.get(observation.getRegistrationId());
      if (of != null) {
        replace(observation, of);
        former(observation, of);
      }
    }

    @Override
    public void answered(ObservationIdentifier id) {
      Former confirmed = formers.remove(id);
      if (confirmed != null) {
        keep(confirmed.observation());
      }
    }

    @Override
    public void observed(Observation observation) {
      if (byId.containsKey(observation.getRegistrationId())) {
        keep(observation);
      }
    }

    @Override
    public void cancelled(ObservationIdentifier id) {
      drop(id);
      formers.remove(id);
    }

    @Override
    public void unit(String endpoint, String instance, String unit) {
      units.computeIfAbsent(endpoint, key -> new ConcurrentHashMap<>()).put(instance, unit);
    }
  }

  private void link(Registration one) {
    byEndpoint.put(one.getEndpoint(), one);
    byId.put(one.getId(), one);
    byAddress.put(one.getSocketAddress(), one);
    byIdentity.put(one.getClientTransportData().getIdentity(), one);
    schedule(one);
  }

  private void schedule(Registration one) {
    due.computeIfAbsent(
            one.getExpirationTimeStamp() / 1_000 + 1, second -> ConcurrentHashMap.newKeySet())
        .add(one.getId());
  }

  private void unlink(Registration one) {
    byEndpoint.remove(one.getEndpoint(), one);
    byId.remove(one.getId(), one);
    byAddress.remove(one.getSocketAddress(), one);
    byIdentity.remove(one.getClientTransportData().getIdentity(), one);
  }

  private List<Observation> forget(Registration one) {
    unlink(one);
    List<Observation> gone = new ArrayList<>();
    Set<ObservationIdentifier> ids = byRegistration.remove(one.getId());
    if (ids != null) {
      for (ObservationIdentifier id : ids) {
        Observation observation = observations.remove(id);
        asked.remove(id);
        if (observation != null) {
          gone.add(observation);
        }
      }
    }
    return gone;
  }

  private void keep(Observation observation) {
    observations.put(observation.getId(), observation);
    byRegistration
        .computeIfAbsent(observation.getRegistrationId(), id -> ConcurrentHashMap.newKeySet())
        .add(observation.getId());
  }

  private @Nullable Observation drop(ObservationIdentifier id) {
    Observation gone = observations.remove(id);
    asked.remove(id);
    if (gone != null) {
      Set<ObservationIdentifier> ids = byRegistration.get(gone.getRegistrationId());
      if (ids != null) {
        ids.remove(id);
      }
    }
    return gone;
  }

  @Override
  public @Nullable Deregistration addRegistration(Registration registration) {
    synchronized (stripe(registration.getEndpoint())) {
      Registration before = byEndpoint.get(registration.getEndpoint());
      List<Observation> gone = before == null ? List.of() : replaced(before, registration);
      link(registration);
      log.append(lines.registered(registration));
      return before == null ? null : new Deregistration(before, gone);
    }
  }

  private List<Observation> replaced(Registration before, Registration after) {
    List<Observation> gone = forget(before);
    if (repeats(after, before)) {
      gone.forEach(each -> former(each, before));
    }
    return gone;
  }

  /** A device that was not answered: to itself it registers once, and forgets nothing. */
  @SuppressWarnings("JavaUtilDate") // Leshan's times are such
  private static boolean repeats(Registration registration, Registration before) {
    long pause =
        registration.getRegistrationDate().getTime() - before.getRegistrationDate().getTime();
    return TimeUnit.MILLISECONDS.toNanos(pause) < LATE_NANOS
        && registration.getSocketAddress().equals(before.getSocketAddress())
        && registration
            .getClientTransportData()
            .getIdentity()
            .equals(before.getClientTransportData().getIdentity());
  }

  @Override
  public @Nullable UpdatedRegistration updateRegistration(RegistrationUpdate update) {
    Registration present = byId.get(update.getRegistrationId());
    if (present == null) {
      return null;
    }
    synchronized (stripe(present.getEndpoint())) {
      Registration before = byId.get(update.getRegistrationId());
      if (before == null) {
        return null;
      }
      Registration after = update.update(before);
      byEndpoint.put(after.getEndpoint(), after);
      byId.put(after.getId(), after);
      if (!before.getSocketAddress().equals(after.getSocketAddress())) {
        byAddress.remove(before.getSocketAddress(), before);
      }
      byAddress.put(after.getSocketAddress(), after);
      LwM2mIdentity identity = before.getClientTransportData().getIdentity();
      if (!identity.equals(after.getClientTransportData().getIdentity())) {
        byIdentity.remove(identity, before);
      }
      byIdentity.put(after.getClientTransportData().getIdentity(), after);
      if (after.getExpirationTimeStamp() < before.getExpirationTimeStamp()) {
        schedule(after);
      }
      log.append(lines.registered(after));
      return new UpdatedRegistration(before, after);
    }
  }

  @Override
  public @Nullable Registration getRegistration(String registrationId) {
    return byId.get(registrationId);
  }

  @Override
  public @Nullable Registration getRegistrationByEndpoint(String endpoint) {
    return byEndpoint.get(endpoint);
  }

  @Override
  public @Nullable Registration getRegistrationByAdress(InetSocketAddress address) {
    return byAddress.get(address);
  }

  @Override
  public @Nullable Registration getRegistrationByIdentity(LwM2mIdentity identity) {
    return byIdentity.get(identity);
  }

  @Override
  public Iterator<Registration> getAllRegistrations() {
    return all().iterator();
  }

  Collection<Registration> all() {
    return byEndpoint.values();
  }

  int size() {
    return byEndpoint.size();
  }

  @Override
  public @Nullable Deregistration removeRegistration(String registrationId) {
    Registration present = byId.get(registrationId);
    if (present == null) {
      return null;
    }
    synchronized (stripe(present.getEndpoint())) {
      Registration last = byId.get(registrationId);
      return last == null ? null : remove(last);
    }
  }

  private Deregistration remove(Registration last) {
    List<Observation> gone = forget(last);
    log.append(lines.deregistered(last.getId()));
    return new Deregistration(last, gone);
  }

  @Override
  public Collection<Observation> addObservation(
      String registrationId, Observation observation, boolean addIfAbsent) {
    Registration registration = byId.get(registrationId);
    if (registration == null) {
      throw new IllegalStateException("nobody is registered as " + registrationId);
    }
    synchronized (stripe(registration.getEndpoint())) {
      List<Observation> replaced = new ArrayList<>();
      Observation equal = observations.get(observation.getId());
      if (equal != null) {
        replaced.add(equal);
        if (addIfAbsent) {
          return replaced;
        }
      }
      replaced.addAll(replace(observation, registration));
      asked.add(observation.getId());
      keep(observation);
      log.append(lines.asked(observation));
      return replaced;
    }
  }

  /** It takes the place of those of the same path. */
  private List<Observation> replace(Observation observation, Registration of) {
    List<Observation> replaced = new ArrayList<>();
    for (Observation other : getObservations(observation.getRegistrationId())) {
      if (!other.getId().equals(observation.getId()) && samePath(other, observation)) {
        drop(other.getId());
        former(other, of);
        replaced.add(other);
      }
    }
    return replaced;
  }

  private void former(Observation observation, Registration of) {
    formers.put(observation.getId(), new Former(observation, of, nanos.getAsLong() + LATE_NANOS));
  }

  /**
   * As one of the registration that the device has now; null when it has begun anew, or is gone.
   */
  private @Nullable Observation present(Former former) {
    Registration now = byEndpoint.get(former.of().getEndpoint());
    if (now == null || now.getId().equals(former.of().getId())) {
      return now == null ? null : former.observation();
    }
    return repeats(now, former.of())
        ? copy(former.observation(), now.getId(), former.observation().getContext())
        : null;
  }

  /**
   * What came of asking to observe resources.
   *
   * @param paths of one observation
   * @param response null when the device said nothing: it may have heard it or not
   */
  void answered(
      Registration registration, List<LwM2mPath> paths, @Nullable LwM2mResponse response) {
    synchronized (stripe(registration.getEndpoint())) {
      for (Observation each : getObservations(registration.getId())) {
        if (!paths(each).equals(paths) || !asked.remove(each.getId())) {
          continue;
        } else if (response != null && response.isSuccess()) {
          log.append(lines.answered(each.getId()));
          continue;
        }
        drop(each.getId());
        if (response == null) {
          former(each, registration);
        }
      }
    }
  }

  /**
   * The device was told when it shall notify.
   *
   * @param context what the observation is kept with from now on
   */
  void told(Registration registration, ObservationIdentifier id, Map<String, String> context) {
    synchronized (stripe(registration.getEndpoint())) {
      Observation before = observations.get(id);
      if (before == null || asked.contains(id)) {
        return;
      }
      Observation after = copy(before, before.getRegistrationId(), context);
      keep(after);
      log.append(lines.observed(after));
    }
  }

  private static Observation copy(
      Observation one, String registration, Map<String, String> context) {
    return one instanceof CompositeObservation together
        ? new CompositeObservation(
            one.getId(),
            registration,
            together.getPaths(),
            together.getRequestContentFormat(),
            together.getResponseContentFormat(),
            context,
            one.getProtocolData())
        : new SingleObservation(
            one.getId(),
            registration,
            ((SingleObservation) one).getPath(),
            ((SingleObservation) one).getContentFormat(),
            context,
            one.getProtocolData());
  }

  /** What it is of; several when the device notifies of them together. */
  static List<LwM2mPath> paths(Observation one) {
    return one instanceof CompositeObservation together
        ? together.getPaths()
        : List.of(((SingleObservation) one).getPath());
  }

  private static boolean samePath(Observation one, Observation other) {
    return one.getClass() == other.getClass() && paths(one).equals(paths(other));
  }

  @Override
  public @Nullable Observation getObservation(String registrationId, ObservationIdentifier id) {
    Observation observation = getObservation(id);
    return observation != null && observation.getRegistrationId().equals(registrationId)
        ? observation
        : null;
  }

  @Override
  public @Nullable Observation getObservation(ObservationIdentifier id) {
    Observation present = observations.get(id);
    Former former = present == null ? formers.get(id) : null;
    return former == null ? present : present(former);
  }

  @Override
  public @Nullable Observation removeObservation(String registrationId, ObservationIdentifier id) {
    Observation present = observations.get(id);
    if (present == null || !present.getRegistrationId().equals(registrationId)) {
      return null; // a former one ends by itself
    }
    boolean unanswered = asked.contains(id);
    Observation gone = drop(id);
    Registration of = byId.get(registrationId);
    if (gone != null && unanswered && of != null) {
      former(gone, of);
    } else if (gone != null) {
      log.append(lines.cancelled(id));
    }
    return gone;
  }

  @Override
  public Collection<Observation> getObservations(String registrationId) {
    List<Observation> all = new ArrayList<>();
    for (ObservationIdentifier id : byRegistration.getOrDefault(registrationId, Set.of())) {
      Observation observation = observations.get(id);
      if (observation != null) {
        all.add(observation);
      }
    }
    return all;
  }

  @Override
  public Collection<Observation> removeObservations(String registrationId) {
    List<Observation> gone = new ArrayList<>();
    for (Observation observation : getObservations(registrationId)) {
      if (removeObservation(registrationId, observation.getId()) != null) {
        gone.add(observation);
      }
    }
    return gone;
  }

  int observations() {
    return observations.size();
  }

  /** The unit that the sensor of an instance says it has; null when it says none. */
  @Nullable String unit(String endpoint, String instance) {
    return units.getOrDefault(endpoint, Map.of()).get(instance);
  }

  void unit(String endpoint, String instance, String unit) {
    Map<String, String> known = units.computeIfAbsent(endpoint, key -> new ConcurrentHashMap<>());
    if (!unit.equals(known.put(instance, unit))) {
      log.append(lines.unit(endpoint, instance, unit));
    }
  }

  @Override
  public void setExpirationListener(ExpirationListener listener) {
    expired = listener;
  }

  /** To be called every second. */
  void look() {
    long now = System.currentTimeMillis() / 1_000;
    while (!due.isEmpty() && due.firstKey() <= now) {
      Map.Entry<Long, Set<String>> first = due.pollFirstEntry();
      if (first != null) {
        first.getValue().forEach(this::lookAt);
      }
    }
    long late = nanos.getAsLong();
    formers.values().removeIf(former -> late - former.until() >= 0);
    log.force();
    log.tidy(
        (long) byEndpoint.size() + observations.size() + formers.size() + units.size(),
        () ->
            Stream.of(
                    byEndpoint.values().stream().map(lines::registered),
                    formers.values().stream()
                        .map(this::present)
                        .filter(Objects::nonNull)
                        .map(lines::asked),
                    observations.values().stream()
                        .map(
                            one ->
                                asked.contains(one.getId())
                                    ? lines.asked(one)
                                    : lines.observed(one)),
                    units.entrySet().stream()
                        .flatMap(
                            one ->
                                one.getValue().entrySet().stream()
                                    .map(
                                        unit ->
                                            lines.unit(
                                                one.getKey(), unit.getKey(), unit.getValue()))))
                .flatMap(all -> all));
  }

  private void lookAt(String registrationId) {
    Registration present = byId.get(registrationId);
    if (present == null) {
      return;
    }
    Deregistration gone;
    synchronized (stripe(present.getEndpoint())) {
      Registration last = byId.get(registrationId);
      if (last == null) {
        return;
      } else if (last.isAlive()) {
        schedule(last);
        return;
      }
      gone = remove(last);
    }
    expired.registrationExpired(gone.getRegistration(), gone.getObservations());
  }

  @Override
  public void close() {
    log.close();
  }
}
