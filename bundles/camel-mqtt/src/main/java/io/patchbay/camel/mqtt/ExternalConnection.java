package io.patchbay.camel.mqtt;

import io.patchbay.access.DeviceCredentials.Login;
import io.patchbay.access.Secrets;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.SocketFactory;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** A connection to a broker outside, one per configuration. */
@Component(
    service = {},
    immediate = true,
    configurationPid = "io.patchbay.camel.mqtt.connection",
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ExternalConnection.Config.class, factory = true)
public final class ExternalConnection {
  private static final String NAME_FORM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  /** {@code io.patchbay.camel.mqtt.connection~NAME} */
  @ObjectClassDefinition(name = "MQTT connection to a broker outside")
  @interface Config {
    @AttributeDefinition(
        description = "Where the broker is: tcp://host:1883, or ssl://host:8883 with TLS")
    String url();

    @AttributeDefinition(description = "User name; empty for none")
    String user() default "";

    @AttributeDefinition(description = "Name of the secret that holds the password; empty for none")
    String secret() default "";

    @AttributeDefinition(
        description = "Client id, unique on the broker; empty for one made once and kept")
    String clientId() default "";

    @AttributeDefinition(
        description = "Seconds for which the broker keeps what comes while the hub is away",
        min = "0",
        max = "4294967295")
    long sessionExpiry() default 604_800;

    @AttributeDefinition(
        description = "Messages on their way to the hub that are not acknowledged, 1 to 65535",
        min = "1",
        max = "65535")
    int receiveMaximum() default 1000;

    @AttributeDefinition(
        description = "Seconds of silence after which the connection is tested, 1 to 65535",
        min = "1",
        max = "65535")
    int keepAlive() default 30;

    @AttributeDefinition(
        description =
            "PEM file with the certificates trusted for ssl://; empty for those of the Java"
                + " runtime")
    String caFile() default "";

    @AttributeDefinition(
        description = "PEM file with the hub's own certificate chain; empty for none")
    String certificateFile() default "";

    @AttributeDefinition(
        description = "PEM file with its private key, PKCS#8, not encrypted; empty for none")
    String keyFile() default "";

    @AttributeDefinition(
        description = "Whether the broker's certificate must carry the host name of the url")
    boolean verifyHostName() default true;

    @AttributeDefinition(
        description =
            "Name of an MQTT 5 user property that holds a unique message id; empty when there is"
                + " none")
    String messageIdProperty() default "";
  }

  private final Runnable close;

  @Activate
  public ExternalConnection(
      Config config,
      Map<String, Object> properties,
      BundleContext context,
      @Reference ConnectionPool pool,
      @Reference Secrets secrets)
      throws IOException {
    this(name(properties), config, base(context), pool, secrets);
  }

  /**
   * @param base what relative file names are relative to
   */
  ExternalConnection(String name, Config config, Path base, ConnectionPool pool, Secrets secrets)
      throws IOException {
    URI uri = uri(config.url());
    Optional<SocketFactory> tls = tls(config, uri, base);
    boolean verify = config.verifyHostName();
    close =
        pool.open(
            new ConnectionSettings(
                name,
                uri,
                config.clientId().isEmpty() ? clientId(pool, name) : config.clientId(),
                () -> login(config, secrets),
                () -> {
                  MqttConnectionOptions options = new MqttConnectionOptions();
                  tls.ifPresent(options::setSocketFactory);
                  options.setHttpsHostnameVerificationEnabled(verify);
                  return options;
                },
                Ranges.check("sessionExpiry", config.sessionExpiry(), 0, 4_294_967_295L),
                true,
                false,
                (int) Ranges.check("receiveMaximum", config.receiveMaximum(), 1, 65_535),
                (int) Ranges.check("keepAlive", config.keepAlive(), 1, 65_535),
                config.messageIdProperty()));
  }

  private static Path base(BundleContext context) {
    String data = context.getProperty("patchbay.data");
    return Path.of(data == null ? "" : data);
  }

  private static String name(Map<String, Object> properties) {
    Object pid = properties.get("service.pid");
    String text = pid == null ? "" : pid.toString();
    String name = text.substring(text.indexOf('~') + 1);
    if (text.indexOf('~') < 0 || !name.matches(NAME_FORM) || name.equals("local")) {
      throw new IllegalArgumentException(
          "configuration '"
              + text
              + "' names no connection; accepted: io.patchbay.camel.mqtt.connection~NAME with NAME"
              + " as in "
              + NAME_FORM
              + ", other than local");
    }
    return name;
  }

  private static String clientId(ConnectionPool pool, String name) throws IOException {
    Optional<SessionMemory> memory = pool.memory(name);
    String prefix = "patchbay-" + name + "-";
    return memory.isPresent() ? memory.get().clientId(prefix) : prefix + "hub";
  }

  private static URI uri(String url) {
    try {
      URI uri = URI.create(url);
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      if ((scheme.equals("tcp") || scheme.equals("ssl"))
          && uri.getHost() != null
          && (uri.getPath() == null || uri.getPath().isEmpty())) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "url '" + url + "' is not understood; accepted: tcp://host:port, ssl://host:port");
  }

  private static Optional<SocketFactory> tls(Config config, URI uri, Path base) throws IOException {
    boolean files = !(config.caFile() + config.certificateFile() + config.keyFile()).isEmpty();
    if (!uri.getScheme().equals("ssl")) {
      if (files) {
        throw new IllegalArgumentException(
            "caFile, certificateFile and keyFile are for ssl://; the url is " + uri);
      }
      return Optional.empty();
    }
    return files
        ? Optional.of(
            PemFiles.socketFactory(
                file(base, config.caFile()),
                file(base, config.certificateFile()),
                file(base, config.keyFile())))
        : Optional.empty();
  }

  private static @Nullable Path file(Path base, String name) {
    return name.isEmpty() ? null : base.resolve(name);
  }

  private static Optional<Login> login(Config config, Secrets secrets) {
    if (config.user().isEmpty()) {
      return Optional.empty();
    }
    if (config.secret().isEmpty()) {
      return Optional.of(new Login(config.user(), ""));
    }
    return Optional.of(
        new Login(
            config.user(),
            secrets
                .find(config.secret())
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "there is no secret named '"
                                + config.secret()
                                + "'; store it, the connection tries again by itself"))));
  }

  @Deactivate
  void deactivate() {
    close.run();
  }
}
