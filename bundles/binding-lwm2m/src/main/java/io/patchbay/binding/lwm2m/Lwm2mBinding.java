package io.patchbay.binding.lwm2m;

import io.patchbay.access.Audit;
import io.patchbay.access.Secrets;
import io.patchbay.camel.Contexts;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Thing;
import java.io.File;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The binding: the server that devices register with, and the route down. */
@Component(
    immediate = true,
    service = {
      InterestListener.class,
      Health.class,
      Metrics.class,
      ArtifactInstaller.class,
      FirmwareUpdate.class
    },
    property = DownlinkPort.SCHEME + "=" + Lwm2mProtocol.SCHEME,
    configurationPid = "io.patchbay.binding.lwm2m")
@Designate(ocd = Lwm2mBinding.Config.class)
public final class Lwm2mBinding
    implements InterestListener, Health, Metrics, ArtifactInstaller, FirmwareUpdate {

  @ObjectClassDefinition(name = "LwM2M")
  @interface Config {
    @AttributeDefinition(description = "Address that devices register at")
    String host() default "127.0.0.1";

    @AttributeDefinition(
        description =
            "Host name or address by which devices reach the hub, to pull firmware from it; empty:"
                + " as host")
    String address() default "";

    @AttributeDefinition(
        description = "UDP port for CoAP; -1 opens none",
        min = "-1",
        max = "65535")
    int port() default 5683;

    @AttributeDefinition(
        description =
            "UDP port for CoAP over DTLS, opened with the first key (secret lwm2m-psk.ENDPOINT or lwm2m-rpk.ENDPOINT) or authority;"
                + " -1 opens none",
        min = "-1",
        max = "65535")
    int securePort() default 5684;

    @AttributeDefinition(
        description =
            "Endpoint names that may register without DTLS, divided by commas; * at the end of one"
                + " stands for anything. A thing that is registered by file or API may, too")
    String unsecured() default "";

    @AttributeDefinition(
        description =
            "Seconds for which a device in queue mode listens after it was heard, 1 to 86400",
        min = "1",
        max = "86400")
    int awakeSeconds() default 93;

    @AttributeDefinition(description = "Devices registered at one time", min = "1")
    int registrations() default 100_000;

    @AttributeDefinition(
        description =
            "UDP port for CoAP that devices come to for their account, opened when"
                + " bootstrapUnsecured names one; -1 opens none",
        min = "-1",
        max = "65535")
    int bootstrapPort() default 5783;

    @AttributeDefinition(
        description =
            "UDP port for CoAP over DTLS that devices come to for their account, opened with the"
                + " first key for that (secret lwm2m-bs-psk.ENDPOINT or lwm2m-bs-rpk.ENDPOINT); -1"
                + " opens none",
        min = "-1",
        max = "65535")
    int bootstrapSecurePort() default 5784;

    @AttributeDefinition(
        description =
            "Endpoint names that are given their first key without DTLS, divided by commas: anybody"
                + " on the way reads it")
    String bootstrapUnsecured() default "";

    @AttributeDefinition(
        description = "Lifetime of registrations in seconds that devices are given",
        min = "1")
    int bootstrapLifetime() default 86_400;

    @AttributeDefinition(
        description = "Binding mode that devices are given; UQ for those of LwM2M 1.0 that sleep")
    String bootstrapBinding() default "U";

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
  }

  private final Entrance entrance;
  private @Nullable ModelFiles models;

  /** The campaign engine, while it is there. */
  @Reference(
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY,
      cardinality = ReferenceCardinality.OPTIONAL)
  volatile FirmwareUpdate.@Nullable Listener campaigns;

  @Reference(
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY,
      cardinality = ReferenceCardinality.OPTIONAL)
  volatile @Nullable FirmwareDownloads downloads;

  @Reference(
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY,
      cardinality = ReferenceCardinality.OPTIONAL)
  volatile @Nullable Audit audit;

  @Activate
  public Lwm2mBinding(
      BundleContext bundle,
      Config config,
      @Reference Contexts contexts,
      @Reference UplinkPort uplink,
      @Reference Things things,
      @Reference Profiles profiles,
      @Reference(target = "(" + Documents.KIND + "=profile)") Documents documents,
      @Reference Secrets secrets) {
    this(
        bundle,
        Settings.of(config, bundle),
        BootstrapSettings.of(config, bundle),
        contexts,
        uplink,
        things,
        profiles,
        documents,
        secrets);
  }

  Lwm2mBinding(
      BundleContext bundle,
      Settings settings,
      BootstrapSettings bootstrap,
      Contexts contexts,
      UplinkPort uplink,
      Things things,
      Profiles profiles,
      Documents documents,
      Secrets secrets) {
    entrance =
        new Entrance(
            settings,
            bootstrap,
            secrets,
            things,
            timer ->
                new Hall(
                    settings,
                    bootstrap,
                    uplink,
                    things,
                    profiles,
                    documents,
                    secrets,
                    models(),
                    contexts,
                    bundle,
                    timer,
                    thing -> {
                      FirmwareUpdate.Listener told = campaigns;
                      if (told != null) {
                        told.changed(thing);
                      }
                    },
                    () -> Optional.ofNullable(downloads),
                    (act, endpoint) -> {
                      Audit told = audit;
                      if (told != null) {
                        told.record(Lwm2mProtocol.SCHEME, act, endpoint, "done");
                      }
                    }));
  }

  /** Definitions are read when somebody has one, or comes. */
  private synchronized ModelFiles models() {
    ModelFiles present = models;
    if (present == null) {
      present = new ModelFiles();
      models = present;
    }
    return present;
  }

  @Override
  public void changed(Set<Interest> all) {
    entrance.changed(all);
  }

  @Override
  public CompletionStage<Reply> status(Thing thing) {
    return entrance.firmware(firmware -> firmware.status(thing));
  }

  @Override
  public CompletionStage<Reply> deliver(Thing thing, FirmwareImage image) {
    return entrance.firmware(firmware -> firmware.deliver(thing, image));
  }

  @Override
  public CompletionStage<Reply> apply(Thing thing, FirmwareImage image) {
    return entrance.firmware(firmware -> firmware.apply(thing, image));
  }

  @Override
  public CompletionStage<Reply> cancel(Thing thing) {
    return entrance.firmware(firmware -> firmware.cancel(thing));
  }

  @Override
  public List<Check> checks() {
    return entrance.checks();
  }

  @Override
  public List<Sample> samples() {
    return entrance.samples();
  }

  @Override
  public boolean canHandle(File artifact) {
    return entrance.isModel(artifact);
  }

  @Override
  public void install(File artifact) {
    models().install(artifact);
  }

  @Override
  public void update(File artifact) {
    models().update(artifact);
  }

  @Override
  public void uninstall(File artifact) {
    models().uninstall(artifact);
  }

  /** Port of CoAP, or of CoAP over DTLS; 0 while it is not open. */
  int port(boolean secure) {
    return entrance.port(secure);
  }

  /** Port that devices come to for their account, likewise. */
  int bootstrapPort(boolean secure) {
    return entrance.bootstrapPort(secure);
  }

  @Deactivate
  void stop() throws InterruptedException {
    entrance.close();
  }
}
