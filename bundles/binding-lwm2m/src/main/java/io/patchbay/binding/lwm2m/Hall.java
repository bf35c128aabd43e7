package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.coap.Acknowledgements;
import io.patchbay.dtls.OwnKey;
import io.patchbay.dtls.Trust;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.camel.builder.RouteBuilder;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.server.registration.Registration;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server and what belongs to it, put together: what stands here is what there is. */
final class Hall {
  private static final Logger LOG = LoggerFactory.getLogger(Hall.class);
  private static final long LOOK_FOR_KEYS = 2;
  private static final long RETRY_SECONDS = 5;

  private final Settings settings;
  private final Access access;
  private final ModelFiles models;
  private final Registry registry;
  private final ScheduledExecutorService timer;
  private final Outbox outbox;
  private final Ingest ingest;
  private final Devices devices;
  private final Deliveries deliveries = new Deliveries(System::nanoTime);
  private final Welcome welcome;
  private final OutOfService outOfService;
  private final Station station;
  private final Observations observations;
  private final Firmware firmware;
  private final IssuedKeys issued;
  private final Bootstrap bootstrap;
  private final Supplier<Optional<FirmwareDownloads>> downloads;
  private final LongAdder refusedSends = new LongAdder();
  private final RunningRoutes down;
  private volatile String trouble = "is being opened";

  Hall(
      Settings settings,
      BootstrapSettings bootstrapping,
      UplinkPort uplink,
      Things things,
      Profiles profiles,
      Documents documents,
      Secrets secrets,
      ModelFiles models,
      Contexts contexts,
      BundleContext bundle,
      ScheduledExecutorService timer,
      FirmwareUpdate.Listener campaigns,
      Supplier<Optional<FirmwareDownloads>> downloads,
      BiConsumer<String, String> audit) {
    this.settings = settings;
    issued = new IssuedKeys(secrets);
    this.models = models;
    this.timer = timer;
    this.downloads = downloads;
    try {
      CertificateProvider own =
          settings.keystore().isPresent()
              ? OwnKey.of(settings.keystore().get(), settings.keystorePassword())
              : null;
      access = new Access(secrets, new Trust("LwM2M", settings.trust().orElse(null)), own, issued);
      bootstrap =
          new Bootstrap(
              settings.host(),
              bootstrapping,
              Access.bootstrap(secrets, own),
              access,
              issued,
              models,
              this::address,
              audit);
      registry = new Registry(settings.data());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    outbox = new Outbox(timer);
    ingest = new Ingest(uplink, outbox, registry);
    Who who = new Who(things);
    devices = new Devices(settings, registry, who, uplink, outbox, timer, campaigns);
    outOfService = new OutOfService(things, registry, access, devices);
    welcome =
        new Welcome(settings, access, registry, models, who, things, profiles, documents, uplink);
    Acknowledgements acknowledgements = new Acknowledgements();
    station = new Station(settings, registry, access, models, acknowledgements);
    observations =
        new Observations(
            registry, who, profiles, devices, ingest, deliveries, acknowledgements, station, timer);
    devices.greeter(observations);
    firmware = new Firmware(settings, registry, access, devices, station, timer);
    Downlink downlink = new Downlink(registry, devices, models, ingest, access, station, timer);
    try {
      down =
          contexts.start(
              bundle,
              "binding-lwm2m",
              new RouteBuilder() {
                @Override
                public void configure() {
                  from("hub:downlink?scheme=" + Lwm2mProtocol.SCHEME)
                      .routeId("lwm2m-down")
                      .process(downlink);
                }
              });
    } catch (Exception e) {
      registry.close();
      throw new IllegalStateException("the route of its commands cannot be started", e);
    }
  }

  FirmwareUpdate firmware() {
    return firmware;
  }

  int port(boolean secure) {
    return station.port(secure ? "coaps" : "coap");
  }

  int bootstrapPort(boolean secure) {
    return bootstrap.port(secure);
  }

  /** Where devices register over DTLS. */
  private Optional<URI> address() {
    return station.address("coaps", settings.devicesHost());
  }

  /** Whether anybody could register over DTLS, now or when he was given a key. */
  private boolean securely() {
    return settings.securePort() >= 0 && (access.expected() || bootstrap.expected());
  }

  /** On the timer. */
  void begin() {
    open();
    guarded(bootstrap::look);
    var unused = timer.scheduleWithFixedDelay(this::lookSafely, 1, 1, TimeUnit.SECONDS);
    var unusedToo =
        timer.scheduleWithFixedDelay(
            this::lookForKeys, LOOK_FOR_KEYS, LOOK_FOR_KEYS, TimeUnit.SECONDS);
  }

  /** On the timer: something else is wanted of them than before. */
  void greet(Set<ThingId> things) {
    guarded(() -> things.forEach(observations::greet));
  }

  private void open() {
    try {
      station.open(
          securely(),
          welcome,
          devices,
          observations,
          List.of(
              new SendResource(registry, devices, models, ingest, deliveries, refusedSends),
              new ImageResource(downloads)));
      trouble = "";
      observations.greetAll();
    } catch (UnknownHostException | RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      trouble =
          "cannot listen on "
              + settings.host()
              + " ("
              + cause.getMessage()
              + "); correct host, port and securePort of io.patchbay.binding.lwm2m. It is tried"
              + " again";
      LOG.error("LwM2M {}", trouble, e);
      var unused = timer.schedule(this::open, RETRY_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void lookSafely() {
    guarded(registry::look);
    guarded(outOfService::look);
  }

  /** DTLS is opened with the first key; whose credential is gone is registered no more. */
  private void lookForKeys() {
    guarded(this::settle);
    guarded(bootstrap::look);
    guarded(
        () -> {
          boolean changed = access.look();
          if (station.open() && !station.secure() && securely()) {
            open();
          }
          if (!changed) {
            return;
          }
          for (Registration registration : List.copyOf(registry.all())) {
            if (!access.permits(registration)
                && registry.removeRegistration(registration.getId()) != null) {
              devices.suspend(registration);
            }
          }
        });
  }

  /** A key with which its device has registered replaces the one before. */
  private void settle() {
    try {
      issued.settle(
          key -> {
            Registration present = registry.getRegistrationByEndpoint(key.endpoint());
            return present != null
                && present.getClientTransportData().getIdentity() instanceof PskIdentity psk
                && psk.getPskIdentity().equals(key.identity());
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("LwM2M: a look failed and is taken again", e);
    }
  }

  List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    if (!trouble.isEmpty()) {
      checks.add(new Check("lwm2m", State.CRITICAL, trouble));
    } else {
      String secure = station.secure() ? ", DTLS on " + port(true) : "";
      checks.add(
          new Check(
              "lwm2m",
              State.OK,
              "listens on "
                  + settings.host()
                  + ":"
                  + port(false)
                  + secure
                  + "; "
                  + registry.size()
                  + " registered"));
    }
    checks.addAll(bootstrap.checks());
    if (!access.trouble().isEmpty()) {
      checks.add(new Check("lwm2m-trust", State.WARN, access.trouble()));
    }
    List<String> refused = models.refused();
    if (!refused.isEmpty()) {
      checks.add(new Check("lwm2m-models", State.WARN, "refused: " + refused.get(0)));
    }
    return checks;
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    devices
        .stages()
        .forEach(
            (stage, count) ->
                samples.add(
                    Sample.gauge(
                        "patchbay_lwm2m_devices",
                        "Registered devices, by stage",
                        Map.of("stage", stage.name().toLowerCase(Locale.ROOT)),
                        count)));
    samples.add(
        Sample.gauge(
            "patchbay_lwm2m_observations",
            "Observations that the hub holds",
            Map.of(),
            registry.observations()));
    counter(
        samples, "notifications", "Notifications and first reads taken", ingest.notifications());
    counter(samples, "refused", "Registrations that were refused", welcome.refused());
    counter(samples, "refused_sends", "What devices sent and was refused", refusedSends.sum());
    counter(samples, "bad_notifications", "Notifications that were not taken", observations.bad());
    counter(
        samples,
        "lost_notifications",
        "Notifications given up because more came than the hub could take",
        outbox.dropped());
    counter(
        samples,
        "dropped",
        "Datagrams that were dropped because more came than could be handled",
        station.dropped());
    counter(samples, "malformed", "Datagrams that are no CoAP messages", station.malformed());
    samples.addAll(access.samples());
    samples.addAll(bootstrap.samples());
    return samples;
  }

  private static void counter(List<Sample> samples, String name, String help, long value) {
    samples.add(
        Sample.counter("patchbay_lwm2m_" + name + "_total", help, Map.of(), (double) value));
  }

  /** When the timer has ended. */
  void close() {
    down.close();
    bootstrap.close();
    station.close();
    registry.close();
  }
}
