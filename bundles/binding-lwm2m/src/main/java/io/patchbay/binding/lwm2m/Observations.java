package io.patchbay.binding.lwm2m;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.dtls.Shown;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the hub asks a device by itself: when it registers, each of its instances once; and to
 * observe what its profile observes. A device that updates its registration is asked for what is
 * missing only, and so is one that did not answer, after a pause that grows.
 */
final class Observations implements Devices.Greeter, ObservationListener {
  private static final Logger LOG = LoggerFactory.getLogger(Observations.class);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Before a device that did not answer is asked again; four times as long each time. */
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);
  private static final int MOST_GROWTH = 5;

  private final Registry registry;
  private final Who who;
  private final Profiles profiles;
  private final Devices devices;
  private final Ingest ingest;
  private final Deliveries deliveries;
  private final Acknowledgements acknowledgements;
  private final Requests requests;
  private final ScheduledExecutorService timer;

  /** By registration: what the device would not have observed; asked again when it registers. */
  private final Map<String, Set<LwM2mPath>> declined = new ConcurrentHashMap<>();

  /** Registrations of which not all was read yet. */
  private final Set<String> unread = ConcurrentHashMap.newKeySet();

  /** By registration: how often in a row the device did not answer. */
  private final Map<String, Integer> silent = new ConcurrentHashMap<>();

  /** Endpoints that are being asked, and whether they are to be looked at again then. */
  private final Map<String, Boolean> under = new ConcurrentHashMap<>();

  private final LongAdder bad = new LongAdder();

  Observations(
      Registry registry,
      Who who,
      Profiles profiles,
      Devices devices,
      Ingest ingest,
      Deliveries deliveries,
      Acknowledgements acknowledgements,
      Requests requests,
      ScheduledExecutorService timer) {
    this.registry = registry;
    this.who = who;
    this.profiles = profiles;
    this.devices = devices;
    this.ingest = ingest;
    this.deliveries = deliveries;
    this.acknowledgements = acknowledgements;
    this.requests = requests;
    this.timer = timer;
  }

  @Override
  public void greet(Registration registration, boolean anew) {
    String endpoint = registration.getEndpoint();
    if (declined.size() + unread.size() + silent.size() > 2 * registry.size()) {
      declined.keySet().removeIf(id -> registry.getRegistration(id) == null);
      silent.keySet().removeIf(id -> registry.getRegistration(id) == null);
      unread.removeIf(id -> registry.getRegistration(id) == null);
    }
    Profile profile =
        who.find(endpoint)
            .filter(state -> state.registered().admission() == Admission.ADMITTED)
            .map(state -> profiles.current().get(state.registered().thing().profile()))
            .orElse(null);
    if (profile == null
        || (!anew && under.computeIfPresent(endpoint, (key, again) -> true) != null)) {
      return;
    }
    under.put(endpoint, false);
    CompletionStage<Boolean> all = CompletableFuture.completedStage(true);
    boolean whole = unread.remove(registration.getId()) || anew;
    if (whole) {
      for (LwM2mPath instance : instances(profile, registration)) {
        all = then(all, registration, () -> read(registration, instance));
      }
    }
    Map<LwM2mPath, Form> wanted = observed(profile, registration);
    Set<LwM2mPath> refused = declined.getOrDefault(registration.getId(), Set.of());
    List<LwM2mPath> together = together(wanted, registration, refused);
    Map<LwM2mPath, Form> joint = removed(wanted, together);
    for (Observation present : registry.getObservations(registration.getId())) {
      List<LwM2mPath> paths = Registry.paths(present);
      boolean single = present instanceof SingleObservation;
      if (single ? wanted.keySet().containsAll(paths) : paths.equals(together)) {
        all = adjust(all, registration, present, removed(single ? wanted : joint, paths));
      } else if (!anew) {
        requests.cancel(present);
      }
    }
    if (!joint.isEmpty()) {
      Map<String, String> attributes = NotificationAttributes.of(joint);
      for (LwM2mPath path : together) {
        all = then(all, registration, () -> announce(registration, path, attributes, Map.of()));
      }
      all = then(all, registration, () -> observe(registration, together, attributes));
    }
    for (Map.Entry<LwM2mPath, Form> each : wanted.entrySet()) {
      if (!refused.contains(each.getKey())) {
        all = then(all, registration, () -> observe(registration, each.getKey(), each.getValue()));
      }
    }
    all.whenComplete((done, failure) -> ended(registration, whole, Boolean.TRUE.equals(done)));
  }

  private void ended(Registration registration, boolean whole, boolean done) {
    String endpoint = registration.getEndpoint();
    if (whole && !done) {
      unread.add(registration.getId());
    }
    if (Boolean.TRUE.equals(under.remove(endpoint))) {
      again(endpoint);
    } else if (done) {
      silent.remove(registration.getId());
    } else if (devices.listens(registration)) {
      int times = silent.merge(registration.getId(), 1, Integer::sum);
      long pause = FIRST_PAUSE.toMillis() << (2 * Math.min(times - 1, MOST_GROWTH));
      try {
        var unused =
            timer.schedule(
                () -> again(endpoint),
                Math.min(pause, LONGEST_PAUSE.toMillis()),
                TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        LOG.debug("The binding has stopped: the next one asks '{}'", endpoint, e);
      }
    }
  }

  /** Something else is wanted of a thing than before. */
  void greet(ThingId thing) {
    who.endpoint(thing).ifPresent(this::again);
  }

  private void again(String endpoint) {
    Registration present = registry.getRegistrationByEndpoint(endpoint);
    if (present != null && devices.listens(present)) {
      greet(present, false);
    }
  }

  /** Those who listen are asked for what is missing. */
  void greetAll() {
    for (Registration registration : List.copyOf(registry.all())) {
      if (devices.listens(registration)) {
        greet(registration, false);
      }
    }
  }

  private static List<Form> forms(Property property, Op op) {
    return property.forms().stream()
        .filter(form -> form.protocol().equals(Lwm2mProtocol.SCHEME))
        .filter(form -> form.ops().contains(op))
        .filter(form -> form.term(Lwm2mProtocol.PATH).isPresent())
        .toList();
  }

  private static Set<LwM2mPath> instances(Profile profile, Registration registration) {
    Set<LwM2mPath> instances = new TreeSet<>();
    for (Property property : profile.properties().values()) {
      for (Form form : forms(property, Op.READ)) {
        LwM2mPath instance =
            new LwM2mPath(form.required(Lwm2mProtocol.PATH)).toObjectInstancePath();
        if (registration.getAvailableInstances().contains(instance)) {
          instances.add(instance);
        }
      }
    }
    return instances;
  }

  private static Map<LwM2mPath, Form> observed(Profile profile, Registration registration) {
    Map<LwM2mPath, Form> observed = new TreeMap<>(Comparator.naturalOrder());
    for (Property property : profile.properties().values()) {
      for (Form form : forms(property, Op.OBSERVE)) {
        LwM2mPath path = new LwM2mPath(form.required(Lwm2mProtocol.PATH));
        if (!form.term("observe").filter("false"::equals).isPresent()
            && registration.getAvailableInstances().contains(path.toObjectInstancePath())) {
          observed.putIfAbsent(path, form);
        }
      }
    }
    return observed;
  }

  /** What the profile wants with one request, of a device that knows that and has not refused. */
  private static List<LwM2mPath> together(
      Map<LwM2mPath, Form> wanted, Registration registration, Set<LwM2mPath> refused) {
    return Messages.knowsComposite(registration) && !refused.contains(LwM2mPath.ROOTPATH)
        ? wanted.entrySet().stream()
            .filter(each -> each.getValue().term("observe").filter("together"::equals).isPresent())
            .map(Map.Entry::getKey)
            .toList()
        : List.of();
  }

  private static Map<LwM2mPath, Form> removed(Map<LwM2mPath, Form> from, List<LwM2mPath> paths) {
    Map<LwM2mPath, Form> removed = new TreeMap<>(from);
    removed.keySet().retainAll(paths);
    from.keySet().removeAll(paths);
    return removed;
  }

  private interface Step {
    CompletionStage<Boolean> ask();
  }

  /** One after the other; whoever does not answer is asked no more. */
  private CompletionStage<Boolean> then(
      CompletionStage<Boolean> before, Registration registration, Step step) {
    return before.thenCompose(
        answered -> {
          boolean current =
              registry.getRegistration(registration.getId()) != null
                  && devices.listens(registration);
          return answered && current ? step.ask() : CompletableFuture.completedStage(false);
        });
  }

  private CompletionStage<Boolean> read(Registration registration, LwM2mPath instance) {
    return devices
        .turn(
            registration.getEndpoint(),
            () -> requests.send(registration, new ReadRequest(null, instance, null), PATIENCE))
        .handle(
            (response, failure) ->
                settle(
                    registration,
                    instance,
                    response,
                    failure,
                    () -> take(response, registration, instance)));
  }

  private void take(ReadResponse response, Registration registration, LwM2mPath path) {
    TimestampedLwM2mNode stamped = response.getTimestampedLwM2mNode();
    ingest.heard(
        registration.getEndpoint(),
        path,
        List.of(stamped == null ? new TimestampedLwM2mNode(null, response.getContent()) : stamped),
        Optional.empty(),
        () -> {});
  }

  /** It is observed; when it shall notify may be another than it was told. */
  private CompletionStage<Boolean> adjust(
      CompletionStage<Boolean> before,
      Registration registration,
      Observation present,
      Map<LwM2mPath, Form> forms) {
    Map<String, String> wanted = NotificationAttributes.of(forms);
    Map<String, String> told = present.getContext();
    if (wanted.equals(told)) {
      return before;
    }
    CompletionStage<Boolean> all = before;
    for (LwM2mPath path : forms.keySet()) {
      all = then(all, registration, () -> announce(registration, path, wanted, told));
    }
    return all.thenApply(
        done -> {
          if (done) {
            registry.told(registration, present.getId(), wanted);
          }
          return done;
        });
  }

  /** Says when it shall notify, if it does not know; it is observed if it refuses that, too. */
  private CompletionStage<Boolean> announce(
      Registration registration,
      LwM2mPath path,
      Map<String, String> wanted,
      Map<String, String> told) {
    String now = wanted.getOrDefault(path.toString(), "");
    String before = told.getOrDefault(path.toString(), "");
    if (now.equals(before)) {
      return CompletableFuture.completedStage(true);
    }
    LwM2mAttributeSet attributes = NotificationAttributes.toTell(now, before);
    return devices
        .turn(
            registration.getEndpoint(),
            () ->
                requests.send(registration, new WriteAttributesRequest(path, attributes), PATIENCE))
        .handle(
            (response, failure) -> {
              if (response != null && !response.isSuccess()) {
                LOG.info(
                    "'{}' says {} to {} of {}: it decides when it notifies",
                    registration.getEndpoint(),
                    response.getCode(),
                    attributes,
                    path);
              }
              return heard(registration, path, response, failure);
            });
  }

  private CompletionStage<Boolean> observe(Registration registration, LwM2mPath path, Form form) {
    Map<String, String> attributes = NotificationAttributes.of(Map.of(path, form));
    return announce(registration, path, attributes, Map.of())
        .thenCompose(
            answered ->
                answered
                    ? devices
                        .turn(
                            registration.getEndpoint(),
                            () ->
                                requests.send(
                                    registration,
                                    new ObserveRequest(null, path.toString(), attributes),
                                    PATIENCE))
                        .handle(
                            (response, failure) -> observed(registration, path, response, failure))
                    : CompletableFuture.completedStage(false));
  }

  /** Several with one request (LwM2M 1.1, clause 6.4.9); one by one when the device refuses. */
  private CompletionStage<Boolean> observe(
      Registration registration, List<LwM2mPath> paths, Map<String, String> attributes) {
    return devices
        .turn(
            registration.getEndpoint(),
            () ->
                requests.send(
                    registration, Messages.observeAll(registration, paths, attributes), PATIENCE))
        .handle((response, failure) -> observed(registration, paths, response, failure));
  }

  private boolean observed(
      Registration registration,
      List<LwM2mPath> paths,
      @Nullable ObserveCompositeResponse response,
      @Nullable Throwable failure) {
    registry.answered(registration, paths, response);
    if (response != null && !response.isSuccess()) {
      under.put(registration.getEndpoint(), true);
    }
    return settle(
        registration,
        LwM2mPath.ROOTPATH,
        response,
        failure,
        () -> {
          if (response != null) {
            ingest.heard(registration.getEndpoint(), nodes(response), Optional.empty(), () -> {});
          }
        });
  }

  private static TimestampedLwM2mNodes nodes(ObserveCompositeResponse response) {
    TimestampedLwM2mNodes many = response.getTimestampedLwM2mNodes();
    TimestampedLwM2mNodes one = response.getTimestampedLwM2mNode();
    if (many != null && !many.isEmpty()) {
      return many;
    }
    return one != null && !one.isEmpty()
        ? one
        : TimestampedLwM2mNodes.builder().addNodes(response.getContent()).build();
  }

  private boolean observed(
      Registration registration,
      LwM2mPath path,
      @Nullable ObserveResponse response,
      @Nullable Throwable failure) {
    registry.answered(registration, List.of(path), response);
    return settle(
        registration,
        path,
        response,
        failure,
        () -> {
          if (response != null) {
            take(response, registration, path);
          }
        });
  }

  private void take(ObserveResponse response, Registration registration, LwM2mPath path) {
    ingest.heard(registration.getEndpoint(), path, nodes(response), Optional.empty(), () -> {});
  }

  private static List<TimestampedLwM2mNode> nodes(ObserveResponse response) {
    List<TimestampedLwM2mNode> nodes = response.getTimestampedLwM2mNodes();
    TimestampedLwM2mNode stamped = response.getTimestampedLwM2mNode();
    if (nodes != null && !nodes.isEmpty()) {
      List<TimestampedLwM2mNode> sorted = new ArrayList<>(nodes);
      sorted.sort(
          Comparator.comparing(
              TimestampedLwM2mNode::getTimestamp, Comparator.nullsLast(Comparator.naturalOrder())));
      return sorted;
    } else if (stamped != null) {
      return List.of(stamped);
    }
    return List.of(new TimestampedLwM2mNode(null, response.getContent()));
  }

  /** True when the device answered, be it with a no. */
  private boolean settle(
      Registration registration,
      LwM2mPath path,
      @Nullable LwM2mResponse response,
      @Nullable Throwable failure,
      Runnable take) {
    boolean heard = heard(registration, path, response, failure);
    if (response != null && response.isSuccess()) {
      take.run();
    } else if (response != null) {
      LOG.debug("'{}' says {} to {}", registration.getEndpoint(), response.getCode(), path);
      declined.computeIfAbsent(registration.getId(), id -> ConcurrentHashMap.newKeySet()).add(path);
    }
    return heard;
  }

  /** True when the device answered. */
  private boolean heard(
      Registration registration,
      LwM2mPath path,
      @Nullable LwM2mResponse response,
      @Nullable Throwable failure) {
    if (response != null) {
      devices.heard(registration, "it answered");
      return true;
    }
    String endpoint = registration.getEndpoint();
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    LOG.info("'{}' did not answer for {}: {}", endpoint, path, String.valueOf(cause));
    devices.slept(endpoint, "it did not answer");
    return false;
  }

  @Override
  public void onResponse(
      SingleObservation observation, Registration registration, ObserveResponse response) {
    notified(
        observation,
        registration,
        response,
        (delivery, kept) ->
            ingest.heard(
                registration.getEndpoint(),
                observation.getPath(),
                nodes(response),
                delivery,
                kept));
  }

  @Override
  public void onResponse(
      CompositeObservation observation,
      Registration registration,
      ObserveCompositeResponse response) {
    notified(
        observation,
        registration,
        response,
        (delivery, kept) ->
            ingest.heard(registration.getEndpoint(), nodes(response), delivery, kept));
  }

  private void notified(
      Observation observation,
      Registration registration,
      LwM2mResponse response,
      BiConsumer<Optional<DeliveryId>, Runnable> take) {
    String endpoint = registration.getEndpoint();
    if (!permits(registration, response)) {
      bad.increment();
      return; // its credential was taken away
    }
    devices.heard(registration, "it notified");
    if (!response.isSuccess()) {
      bad.increment();
      LOG.info(
          "'{}' ends the observation of {}: {}", endpoint, Registry.paths(observation), response);
      return;
    }
    Optional<DeliveryId> delivery = Optional.empty();
    Runnable kept = () -> {};
    if (response.getCoapResponse() instanceof Response message) {
      delivery = Optional.of(deliveries.of(message));
      kept = acknowledgements.later(message);
    }
    take.accept(delivery, kept);
    for (LwM2mPath path : Registry.paths(observation)) {
      if (FirmwareObject.INSTANCE.getObjectId().equals(path.getObjectId())) {
        devices.hint(endpoint);
      }
    }
  }

  private static boolean permits(Registration registration, LwM2mResponse response) {
    return !registration.getClientTransportData().getIdentity().isSecure()
        || (response.getCoapResponse() instanceof Response message
            && Shown.of(message.getSourceContext().getPeerIdentity())
                .filter(shown -> Access.permits(shown, registration.getEndpoint()))
                .isPresent());
  }

  @Override
  public void onError(Observation observation, Registration registration, Exception error) {
    bad.increment();
    LOG.warn(
        "A notification of '{}' cannot be read: {}",
        registration.getEndpoint(),
        error.getMessage());
  }

  @Override
  public void newObservation(Observation observation, Registration registration) {}

  @Override
  public void cancelled(Observation observation) {}

  /** Notifications that could not be read, or were not allowed. */
  long bad() {
    return bad.sum();
  }
}
