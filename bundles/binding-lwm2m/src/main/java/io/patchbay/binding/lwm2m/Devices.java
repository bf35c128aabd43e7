package io.patchbay.binding.lwm2m;

import io.patchbay.northbound.ThingState;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Stage;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.jspecify.annotations.Nullable;

/**
 * The registered devices: at which stage of its life each is and why, whether it listens, and the
 * turns of what it is asked.
 */
final class Devices implements RegistrationListener {
  /** How a device fares; made when it is first heard, and again from its thing after a restart. */
  private static final class Device {
    private @Nullable Stage stage;
    private long listensUntil;
    private @Nullable ScheduledFuture<?> sleep;
    private CompletionStage<?> turn = CompletableFuture.completedStage("");
  }

  /** Told when a device can be asked. */
  interface Greeter {
    /**
     * @param anew whether the device has forgotten what it was asked before
     */
    void greet(Registration registration, boolean anew);
  }

  private final Settings settings;
  private final Registry registry;
  private final Who who;
  private final UplinkPort uplink;
  private final Outbox outbox;
  private final ScheduledExecutorService timer;
  private final FirmwareUpdate.Listener campaigns;
  private final Map<String, Device> devices = new ConcurrentHashMap<>();
  private volatile Greeter greeter = (registration, anew) -> {};

  Devices(
      Settings settings,
      Registry registry,
      Who who,
      UplinkPort uplink,
      Outbox outbox,
      ScheduledExecutorService timer,
      FirmwareUpdate.Listener campaigns) {
    this.campaigns = campaigns;
    this.settings = settings;
    this.registry = registry;
    this.who = who;
    this.uplink = uplink;
    this.outbox = outbox;
    this.timer = timer;
    registry.setExpirationListener(
        (registration, gone) -> {
          if (gone != null) {
            unregistered(registration, gone, true, null);
          }
        });
  }

  void greeter(Greeter told) {
    greeter = told;
  }

  private Device device(String endpoint) {
    return devices.computeIfAbsent(endpoint, this::restored);
  }

  private Device restored(String endpoint) {
    Device device = new Device();
    device.stage =
        who.find(endpoint)
            .map(
                state -> state.stage() == Stage.UPDATING ? Stage.of(state.status()) : state.stage())
            .filter(stage -> Stage.ONLINE.mayFollow(stage) || stage == Stage.ONLINE)
            .orElse(null);
    return device;
  }

  @Override
  public void registered(
      Registration registration,
      @Nullable Registration before,
      @Nullable Collection<Observation> gone) {
    String how = before == null ? "registered" : "registered anew";
    heard(registration, how + " for " + registration.getLifeTimeInSec() + " s");
    hint(registration.getEndpoint());
    greeter.greet(registration, true);
  }

  @Override
  public void updated(RegistrationUpdate update, Registration after, Registration before) {
    heard(after, "updated its registration");
    hint(after.getEndpoint());
    greeter.greet(after, false);
  }

  /** Something of its firmware may have changed. */
  void hint(String endpoint) {
    who.find(endpoint).ifPresent(state -> campaigns.changed(state.registered().thing().id()));
  }

  @Override
  public void unregistered(
      Registration registration,
      Collection<Observation> gone,
      boolean expired,
      @Nullable Registration next) {
    if (next != null) {
      return; // it comes again at once
    }
    Device device = device(registration.getEndpoint());
    synchronized (device) {
      cancel(device);
      enter(
          registration.getEndpoint(),
          device,
          expired ? Stage.LOST : Stage.LEFT,
          expired
              ? "no update within its lifetime of " + registration.getLifeTimeInSec() + " s"
              : "de-registered");
    }
    devices.remove(registration.getEndpoint());
  }

  /**
   * It was told to restart and said that it will: it is gone until it registers again.
   *
   * @param registration with which it was told; nothing when it has registered anew already
   */
  void restarts(Registration registration, String why) {
    String endpoint = registration.getEndpoint();
    Registration present = registry.getRegistrationByEndpoint(endpoint);
    Device device = devices.get(endpoint);
    if (device == null || present == null || !present.getId().equals(registration.getId())) {
      return;
    }
    synchronized (device) {
      cancel(device);
      enter(endpoint, device, Stage.LEFT, why);
    }
  }

  /** The thing of a registered device is out of service, and so its registration is gone. */
  void endedByHub(Registration registration) {
    Device device = devices.remove(registration.getEndpoint());
    if (device != null) {
      synchronized (device) {
        cancel(device);
      }
    }
  }

  /** The credential of a registered device is gone, and with it the registration. */
  void suspend(Registration registration) {
    Device device = device(registration.getEndpoint());
    synchronized (device) {
      cancel(device);
      enter(registration.getEndpoint(), device, Stage.SUSPENDED, "its credential was taken away");
    }
    devices.remove(registration.getEndpoint());
  }

  /** Something came from it: it listens from now on for a while. */
  void heard(Registration registration, String how) {
    String endpoint = registration.getEndpoint();
    Device device = device(endpoint);
    synchronized (device) {
      cancel(device);
      if (registration.usesQueueMode()) {
        device.listensUntil = System.nanoTime() + settings.awake().toNanos();
        device.sleep =
            timer.schedule(
                () -> slept(endpoint, "not heard for " + settings.awake().toSeconds() + " s"),
                settings.awake().toMillis(),
                TimeUnit.MILLISECONDS);
      }
      enter(endpoint, device, Stage.ONLINE, how);
    }
  }

  private static void cancel(Device device) {
    ScheduledFuture<?> sleep = device.sleep;
    if (sleep != null) {
      sleep.cancel(false);
      device.sleep = null;
    }
  }

  /** A device in queue mode listens no more, or did not answer. */
  void slept(String endpoint, String why) {
    Registration registration = registry.getRegistrationByEndpoint(endpoint);
    if (registration == null || !registration.usesQueueMode()) {
      return;
    }
    Device device = device(endpoint);
    synchronized (device) {
      cancel(device);
      device.listensUntil = System.nanoTime();
      enter(endpoint, device, Stage.ASLEEP, why + "; it listens again after it was heard");
    }
  }

  /** Whether a request would be heard now. */
  boolean listens(Registration registration) {
    if (!registration.usesQueueMode()) {
      return true;
    }
    Device device = devices.get(registration.getEndpoint());
    if (device == null) {
      return false;
    }
    synchronized (device) {
      return device.sleep != null && System.nanoTime() - device.listensUntil < 0;
    }
  }

  /** Runs it when what the device was asked before is answered. */
  <T> CompletionStage<T> turn(String endpoint, Supplier<CompletionStage<T>> request) {
    Device device = device(endpoint);
    synchronized (device) {
      CompletionStage<T> next = device.turn.thenCompose(before -> request.get());
      device.turn = next.handle((answer, failure) -> ""); // the answer is not kept
      return next;
    }
  }

  /** Says again that a device is there: somebody may have missed it. */
  void remind(String endpoint) {
    Registration registration = registry.getRegistrationByEndpoint(endpoint);
    if (registration != null && listens(registration)) {
      tell(endpoint, Stage.ONLINE, "it listens");
      hint(endpoint);
    }
  }

  private void enter(String endpoint, Device device, Stage stage, String why) {
    Stage before = device.stage;
    if (before == null || stage.mayFollow(before)) {
      device.stage = stage;
      tell(endpoint, stage, why);
    }
  }

  /** Status, stage and reason, in one entry of the journal. */
  private void tell(String endpoint, Stage stage, String why) {
    outbox.put(
        endpoint,
        () -> {
          ThingState state = who.find(endpoint).orElse(null);
          if (state == null || state.registered().admission() != Admission.ADMITTED) {
            return CompletableFuture.completedStage(
                new io.patchbay.southbound.Receipt.Stored(0, 0));
          }
          ThingId thing = state.registered().thing().id();
          Instant now = Instant.ofEpochMilli(System.currentTimeMillis());
          return uplink.offer(
              new Origin(Lwm2mProtocol.SCHEME, Lwm2mProtocol.LOCAL, endpoint),
              List.of(new Uplink.StatusChange(thing, stage.status(), stage, why, now, now)),
              Duration.ZERO);
        });
  }

  /** Registered devices by stage. */
  Map<Stage, Integer> stages() {
    Map<Stage, Integer> counts = new EnumMap<>(Stage.class);
    for (Registration registration : registry.all()) {
      Stage stage = listens(registration) ? Stage.ONLINE : Stage.ASLEEP;
      counts.merge(stage, 1, Integer::sum);
    }
    return counts;
  }
}
