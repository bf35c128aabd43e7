package io.patchbay.binding.coap;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Secrets;
import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.dtls.Trust;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.UplinkPort;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.camel.builder.RouteBuilder;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.condition.Condition;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The binding: the endpoint that devices post to, the route down, and what is observed. */
@Component(
    immediate = true,
    service = {
      InterestListener.class,
      DeviceCredentials.Listener.class,
      Health.class,
      Metrics.class
    },
    property = DownlinkPort.SCHEME + "=" + CoapProtocol.SCHEME,
    configurationPid = "io.patchbay.binding.coap")
@Designate(ocd = CoapBinding.Config.class)
public final class CoapBinding
    implements InterestListener, DeviceCredentials.Listener, Health, Metrics {

  @ObjectClassDefinition(name = "CoAP")
  @interface Config {
    @AttributeDefinition(description = "Address that devices post to")
    String host() default "127.0.0.1";

    @AttributeDefinition(
        description = "UDP port for CoAP; -1 opens none",
        min = "-1",
        max = "65535")
    int port() default 5693;

    @AttributeDefinition(
        description =
            "UDP port for CoAP over DTLS, opened with the first key (secret coap-psk.IDENTITY or"
                + " coap-rpk.IDENTITY) or authority; -1 opens none",
        min = "-1",
        max = "65535")
    int securePort() default 5694;

    @AttributeDefinition(
        description = "Octets of a request, 1024 to 1048576; larger ones are answered with 4.13",
        min = "1024",
        max = "1048576")
    int maxPayload() default 65_536;

    @AttributeDefinition(
        description =
            "PKCS#12 file with the hub's EC key and certificate, for devices with certificates or"
                + " public keys; relative to the data directory; empty for none")
    String keystore() default "";

    @AttributeDefinition(
        description = "Password of the keystore and its key",
        type = AttributeType.PASSWORD)
    String keystorePassword() default "";

    @AttributeDefinition(
        description =
            "PEM file of the authorities whose devices are believed, or a folder of such and of"
                + " .crl files; relative to the data directory; empty for none")
    String trust() default "";

    @AttributeDefinition(
        description =
            "Addresses of devices, coap://HOST:PORT, that are asked every hour what resources they"
                + " have")
    String[] discover() default {};
  }

  private static final String LISTENING = "patchbay.coap.listening";

  private final Endpoints endpoints;
  private final Listening listening = new Listening();
  private final Devices devices;
  private final Observations observations;
  private final Rights rights;
  private final Readings readings;
  private final Door door;
  private final RunningRoutes down;

  @Activate
  public CoapBinding(
      BundleContext bundle,
      Config config,
      @Reference Contexts contexts,
      @Reference UplinkPort uplink,
      @Reference Things things,
      @Reference Profiles profiles,
      @Reference Feed feed,
      @Reference Secrets secrets,
      @Reference DeviceCredentials credentials)
      throws Exception {
    this(
        bundle,
        DoorSettings.of(config, bundle),
        () -> announce(bundle),
        contexts,
        uplink,
        things,
        profiles,
        feed,
        secrets,
        credentials);
  }

  CoapBinding(
      BundleContext bundle,
      DoorSettings settings,
      Supplier<Runnable> announce,
      Contexts contexts,
      UplinkPort uplink,
      Things things,
      Profiles profiles,
      Feed feed,
      Secrets secrets,
      DeviceCredentials credentials)
      throws Exception {
    Keys keys = new Keys(secrets);
    Trust trust = new Trust("CoAP", settings.trust().orElse(null));
    @Nullable CertificateProvider own = settings.ownKey();
    endpoints =
        Endpoints.alone(
            settings.maxPayload(), configuration -> new Dtls(configuration, keys, trust, own));
    devices = new Devices(endpoints);
    Reachability reachability = new Reachability(uplink, System::nanoTime);
    observations =
        new Observations(
            devices,
            uplink,
            reachability,
            endpoints.acknowledgements(),
            endpoints.thread(),
            things,
            profiles);
    rights = new Rights(credentials);
    readings = new Readings(things, feed, rights, endpoints);
    ResourceDirectory directory =
        new ResourceDirectory(
            new RegistrationFiles(settings.registrations()),
            new Introductions(uplink, things, profiles),
            rights,
            devices.waiting(),
            endpoints.thread());
    door =
        new Door(
            announce,
            settings,
            endpoints,
            new Ingest(uplink, listening, rights, directory, readings),
            List.of(directory::look, readings::look));
    endpoints.thread().execute(directory::begin);
    new Discovery(devices, directory, endpoints.thread()).begin(settings.discover());
    Downlink downlink = new Downlink(devices, reachability);
    down =
        contexts.start(
            bundle,
            "binding-coap",
            new RouteBuilder() {
              @Override
              public void configure() {
                from("hub:downlink?scheme=" + CoapProtocol.SCHEME)
                    .routeId("coap-down")
                    .process(downlink);
              }
            });
  }

  private static Runnable announce(BundleContext bundle) {
    ServiceRegistration<Condition> registration =
        bundle.registerService(
            Condition.class,
            Condition.INSTANCE,
            FrameworkUtil.asDictionary(Map.of(Condition.CONDITION_ID, LISTENING)));
    return registration::unregister;
  }

  @Override
  public void changed(Set<Interest> all) {
    listening.hear(all);
    observations.hear(all);
    door.open();
  }

  @Override
  public void changed(String user) {
    rights.changed();
    endpoints.dtls().end(user);
  }

  @Override
  public List<Check> checks() {
    return door.checks();
  }

  @Override
  public List<Sample> samples() {
    return door.samples();
  }

  /** Port of the open endpoint; 0 while there is none. */
  int port() {
    return door.port();
  }

  /** Port of DTLS; 0 while it is not open. */
  int securePort() {
    return door.securePort();
  }

  /** DTLS sessions with devices that came. */
  int sessions() {
    return endpoints.dtls().sessions();
  }

  @Deactivate
  void stop() throws InterruptedException {
    down.close();
    door.close();
    readings.close();
    devices.close();
    endpoints.close();
  }
}
