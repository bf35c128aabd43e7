package io.patchbay.camel.mqtt;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.southbound.HubBroker;
import java.util.Optional;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The connection {@code local}, to the hub's own broker, for as long as that is there. */
@Component(
    service = {},
    immediate = true,
    configurationPid = "io.patchbay.camel.mqtt")
@Designate(ocd = LocalConnection.Config.class)
public final class LocalConnection {
  /** Stamped on every message by the embedded broker, whatever a device says. */
  private static final String DELIVERY = "patchbay-delivery";

  private static final String NAME = "local";
  private static final String CLIENT_ID = "patchbay-local";
  private static final int KEEP_ALIVE_SECONDS = 20;

  /** {@code io.patchbay.camel.mqtt} */
  @ObjectClassDefinition(name = "MQTT connection to the embedded broker")
  @interface Config {
    @AttributeDefinition(
        description = "Messages on their way to the hub that are not acknowledged, 1 to 65535",
        min = "1",
        max = "65535")
    int receiveMaximum() default 1000;

    @AttributeDefinition(
        description =
            "Seconds for which the broker keeps what comes while the hub is away; 4294967295 is"
                + " for ever",
        min = "0",
        max = "4294967295")
    long sessionExpiry() default 4_294_967_295L;
  }

  private final Runnable close;

  @Activate
  public LocalConnection(
      Config config,
      @Reference ConnectionPool pool,
      @Reference HubBroker broker,
      @Reference DeviceCredentials credentials) {
    close =
        pool.open(
            new ConnectionSettings(
                NAME,
                broker.uri(),
                CLIENT_ID,
                () -> Optional.of(credentials.hub()),
                MqttConnectionOptions::new,
                Ranges.check("sessionExpiry", config.sessionExpiry(), 0, 4_294_967_295L),
                true,
                false,
                (int) Ranges.check("receiveMaximum", config.receiveMaximum(), 1, 65_535),
                KEEP_ALIVE_SECONDS,
                DELIVERY));
  }

  @Deactivate
  void deactivate() {
    close.run();
  }
}
