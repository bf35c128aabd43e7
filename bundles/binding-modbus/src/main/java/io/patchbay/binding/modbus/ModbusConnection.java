package io.patchbay.binding.modbus;

import java.time.Duration;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** A connection with a name, one per configuration. */
@Component(
    service = {},
    immediate = true,
    configurationPid = "io.patchbay.binding.modbus.connection",
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ModbusConnection.Config.class, factory = true)
public final class ModbusConnection {
  private static final String NAME_FORM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final int LONGEST_MILLIS = 60_000;

  /** {@code io.patchbay.binding.modbus.connection~NAME} */
  @ObjectClassDefinition(name = "Modbus connection")
  @interface Config {
    @AttributeDefinition(
        description =
            "tcp://host:502 (Modbus TCP), rtu+tcp://host:port (a serial server),"
                + " serial:/dev/ttyUSB0?baud=9600&parity=even")
    String url();

    @AttributeDefinition(
        description = "Milliseconds after which a unit that has not answered counts as silent",
        min = "10",
        max = "60000")
    int timeout() default 1_000;

    @AttributeDefinition(
        description = "Milliseconds of silence between frames of a serial line, at least",
        min = "0",
        max = "60000")
    int pause() default 0;
  }

  private final Runnable close;

  @Activate
  public ModbusConnection(Config config, Map<String, Object> properties, @Reference Buses buses) {
    Object pid = properties.get("service.pid");
    String text = pid == null ? "" : pid.toString();
    String name = text.substring(text.indexOf('~') + 1);
    if (text.indexOf('~') < 0 || !name.matches(NAME_FORM)) {
      throw new IllegalArgumentException(
          "configuration '"
              + text
              + "' names no connection; accepted: io.patchbay.binding.modbus.connection~NAME with"
              + " NAME as in "
              + NAME_FORM);
    }
    close =
        buses.configure(
            name,
            config.url(),
            millis("timeout", config.timeout(), 10),
            millis("pause", config.pause(), 0));
  }

  private static Duration millis(String key, int millis, int least) {
    if (millis < least || millis > LONGEST_MILLIS) {
      throw new IllegalArgumentException(
          key + " must be " + least + " to " + LONGEST_MILLIS + " ms, not " + millis);
    }
    return Duration.ofMillis(millis);
  }

  @Deactivate
  void stop() {
    close.run();
  }
}
