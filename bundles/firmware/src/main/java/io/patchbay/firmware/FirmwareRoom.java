package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.FirmwarePackages;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareUpdate;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Firmware packages and campaigns, with all that belongs to them. */
@Component(
    configurationPid = "io.patchbay.firmware",
    immediate = true,
    service = {},
    reference =
        @Reference(
            name = "protocols",
            service = FirmwareUpdate.class,
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            bind = "came",
            unbind = "left"))
@Designate(ocd = FirmwareRoom.Config.class)
public final class FirmwareRoom implements Health, Metrics {

  /** Configuration, PID {@code io.patchbay.firmware}. */
  @ObjectClassDefinition(name = "Patchbay firmware campaigns")
  public @interface Config {
    @AttributeDefinition(description = "Octets of all packages together, in MiB")
    int totalMegabytes() default 4096;

    @AttributeDefinition(description = "Octets of one package, in MiB")
    int largestMegabytes() default 256;

    @AttributeDefinition(
        description =
            "Where devices reach this hub to pull images, https://hub.example:8443; when empty the"
                + " hub only pushes, and what protocols serve themselves")
    String downloads() default "";
  }

  private static final Logger LOG = LoggerFactory.getLogger(FirmwareRoom.class);
  private static final long MEGABYTE = 1L << 20;

  private final Protocols protocols = new Protocols();
  private final Desk desk;
  private final Queue<ServiceRegistration<?>> registrations = new ConcurrentLinkedQueue<>();
  private final Campaigns office;
  private volatile List<Campaign> counted = List.of();

  @Activate
  public FirmwareRoom(
      BundleContext context,
      Config config,
      @Reference Things things,
      @Reference Lifecycles lifecycles,
      @Reference Feed feed)
      throws IOException {
    String data = context.getProperty("patchbay.data");
    Path folder = Path.of(data == null ? "data" : data).resolve("firmware");
    Clock clock = Clock.systemUTC();
    PackageStore packages =
        new PackageStore(
            folder.resolve("packages"),
            new SigningKeys(folder.resolve("keys")),
            config.totalMegabytes() * MEGABYTE,
            config.largestMegabytes() * MEGABYTE,
            clock);
    Path campaigns = folder.resolve("campaigns");
    Shelf shelf = new Shelf(packages, address(config.downloads()));
    desk = new Desk(campaigns, things, lifecycles, feed, protocols, shelf, clock);
    office = new Office(campaigns, packages, things, shelf, desk, clock);
    Map<Class<?>, Object> services =
        Map.of(
            FirmwarePackages.class, packages,
            Campaigns.class, office,
            FirmwareUpdate.Listener.class, desk,
            Health.class, this,
            Metrics.class, this);
    services.forEach((type, service) -> register(context, type, service));
    // a device that pulls is told to come again, and not that there is no such image
    desk.resumeAll(() -> register(context, FirmwareDownloads.class, shelf));
  }

  private void register(BundleContext context, Class<?> type, Object service) {
    registrations.add(context.registerService(type.getName(), service, null));
  }

  private static Optional<URI> address(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI address = URI.create(text);
      String scheme = String.valueOf(address.getScheme());
      if (address.getHost() != null && (scheme.equals("http") || scheme.equals("https"))) {
        return Optional.of(address);
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new IllegalArgumentException(
        "io.patchbay.firmware: 'downloads' is '"
            + text
            + "'; accepted: an address such as https://hub.example:8443, or nothing");
  }

  void came(FirmwareUpdate protocol, Map<String, Object> properties) {
    protocols.came(scheme(properties), protocol);
    desk.wake();
  }

  void left(FirmwareUpdate protocol, Map<String, Object> properties) {
    protocols.left(scheme(properties), protocol);
    desk.wake();
  }

  private static String scheme(Map<String, Object> properties) {
    return String.valueOf(properties.get(DownlinkPort.SCHEME));
  }

  @Deactivate
  void close() {
    leave();
    desk.close();
    leave(); // what its thread registered meanwhile
  }

  private void leave() {
    for (var each = registrations.poll(); each != null; each = registrations.poll()) {
      each.unregister();
    }
  }

  @Override
  public List<Check> checks() {
    List<String> problems = desk.problems();
    return List.of(
        problems.isEmpty()
            ? new Check("firmware", State.OK, "campaigns go as they shall")
            : new Check("firmware", State.CRITICAL, String.join("; ", problems)));
  }

  /** Of the last time when the thread was busy; nobody waits long for numbers. */
  @Override
  public List<Sample> samples() {
    if (desk.begun()) {
      try {
        counted = office.list().toCompletableFuture().get(1, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        LOG.debug("Campaigns were not counted: {}", e.toString());
      }
    }
    return CampaignMetrics.of(counted);
  }
}
