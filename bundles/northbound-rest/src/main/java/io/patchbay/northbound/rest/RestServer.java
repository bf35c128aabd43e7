package io.patchbay.northbound.rest;

import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import jakarta.servlet.Servlet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The HTTP API and the console's files, on Jetty through the HTTP whiteboard. */
@Component(
    configurationPid = "io.patchbay.northbound.rest",
    service = {},
    immediate = true)
@Designate(ocd = RestServer.Config.class)
public final class RestServer implements Health, Metrics {

  /** Configuration, PID {@code io.patchbay.northbound.rest}. */
  @ObjectClassDefinition(name = "Patchbay HTTP API")
  public @interface Config {
    @AttributeDefinition(description = "Address that is listened on")
    String host() default "127.0.0.1";

    @AttributeDefinition(description = "Port of HTTP, before the offset; 0 for any free one")
    int port() default 8080;

    @AttributeDefinition(description = "Port of HTTPS, before the offset; opened with a keystore")
    int httpsPort() default 8443;

    @AttributeDefinition(description = "File of the keystore (PKCS#12) for HTTPS; none when empty")
    String keystore() default "";

    @AttributeDefinition(description = "Password of the keystore", type = AttributeType.PASSWORD)
    String keystorePassword() default "";

    @AttributeDefinition(description = "Name of this node")
    String node() default "node-1";

    @AttributeDefinition(description = "Largest JSON body, in KiB")
    int maxBodyKilobytes() default 256;

    @AttributeDefinition(description = "Largest profile or route, in KiB")
    int maxTextKilobytes() default 1024;

    @AttributeDefinition(description = "Largest bundle, in MiB")
    int maxUploadMegabytes() default 200;

    @AttributeDefinition(description = "Devices that download firmware at one time")
    int maxDownloads() default 16;

    @AttributeDefinition(description = "Live streams open at one time")
    int maxStreams() default 64;

    @AttributeDefinition(
        description = "Uplinks that wait for one live stream; when full it reads the journal again")
    int streamQueue() default 1024;

    @AttributeDefinition(description = "Seconds between the heartbeats of a quiet live stream")
    int heartbeatSeconds() default 15;

    @AttributeDefinition(
        description = "Seconds after which a connection that takes or sends nothing is closed")
    int idleSeconds() default 60;
  }

  /** Threads for what is no stream and no download; each of these holds one more. */
  private static final int THREADS = 32;

  private final Rooms rooms;
  private final StreamRoutes streams;
  private final Gate gate;
  private final JettyPort port;
  private final String address;
  private final Optional<String> keystoreProblem;
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

  @Activate
  public RestServer(BundleContext context, Config config, @Reference ConfigurationAdmin admin)
      throws IOException, InvalidSyntaxException {
    Settings settings = settings(context, config);
    rooms = new Rooms(context);
    streams = new StreamRoutes(rooms, settings);
    Router router = router(rooms, streams, settings);
    gate = new Gate(router, new ConsoleFiles(settings.console()), rooms, settings);
    Map<String, Object> properties =
        Map.of(
            "osgi.http.whiteboard.servlet.name", "patchbay",
            "osgi.http.whiteboard.servlet.pattern", "/*");
    registrations.add(
        context.registerService(Servlet.class, gate, FrameworkUtil.asDictionary(properties)));
    String offsetText = context.getProperty("patchbay.offset");
    int offset = offsetText == null ? 0 : Integer.parseInt(offsetText);
    int wanted = config.port() == 0 ? 0 : config.port() + offset;
    address = config.host() + ":" + wanted;
    keystoreProblem =
        config.keystore().isEmpty()
            ? Optional.empty()
            : Keystore.problem(Path.of(config.keystore()), config.keystorePassword());
    boolean secure = !config.keystore().isEmpty() && keystoreProblem.isEmpty();
    Map<String, Object> jetty = jetty(config, wanted, offset, secure);
    port = new JettyPort(context, admin, jetty, config.host(), wanted, secure);
    // Not by the component: its own trackers would ask for it while it is still being made.
    String[] shown = {Health.class.getName(), Metrics.class.getName()};
    registrations.add(context.registerService(shown, this, null));
    port.begin();
  }

  private static Settings settings(BundleContext context, Config config) {
    Optional<Path> console =
        Optional.ofNullable(context.getProperty("patchbay.home"))
            .map(home -> Path.of(home).resolve("console"));
    return new Settings(
        config.node(),
        context.getBundle().getVersion().toString(),
        console,
        config.maxBodyKilobytes() * 1024,
        config.maxTextKilobytes() * 1024,
        config.maxUploadMegabytes() * 1_048_576L,
        config.maxDownloads(),
        config.maxStreams(),
        config.streamQueue(),
        Duration.ofSeconds(config.heartbeatSeconds()));
  }

  private static Router router(Rooms rooms, StreamRoutes streams, Settings settings) {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new ThingRoutes(rooms, settings).routes());
    routes.addAll(new LifeRoutes(rooms).routes());
    routes.addAll(new CommandRoutes(rooms).routes());
    routes.addAll(new DesiredRoutes(rooms).routes());
    routes.addAll(new RecorderRoutes(rooms).routes());
    routes.addAll(new ReadingRoutes(rooms).routes());
    routes.addAll(streams.routes());
    routes.addAll(new SubscriptionRoutes(rooms).routes());
    routes.addAll(new BundleRoutes(rooms, settings).routes());
    routes.addAll(new FirmwareRoutes(rooms).routes());
    routes.addAll(new CampaignRoutes(rooms).routes());
    routes.addAll(new DownloadRoutes(rooms, settings.maxDownloads()).routes());
    routes.addAll(new DocumentRoutes(rooms).routes());
    routes.addAll(new RejectionRoutes(rooms).routes());
    routes.addAll(new AccessRoutes(rooms).routes());
    routes.addAll(new OperationRoutes(rooms, settings).routes());
    routes.add(OpenApi.route(() -> OpenApi.document(routes, settings.version())));
    return new Router(routes);
  }

  private static Map<String, Object> jetty(Config config, int wanted, int offset, boolean secure) {
    Map<String, Object> jetty = new HashMap<>();
    jetty.put("org.apache.felix.http.host", config.host());
    jetty.put("org.osgi.service.http.port", Integer.toString(wanted));
    jetty.put("org.apache.felix.http.enable", "true");
    jetty.put("org.apache.felix.http.timeout", Integer.toString(config.idleSeconds() * 1000));
    jetty.put(
        "org.apache.felix.http.jetty.threadpool.max",
        Integer.toString(THREADS + config.maxStreams() + config.maxDownloads()));
    jetty.put("org.apache.felix.http.jetty.acceptors", "1");
    jetty.put("org.apache.felix.http.jetty.selectors", "1");
    jetty.put("org.apache.felix.http.jetty.sendServerHeader", "false");
    // Would hold back live events until its buffer is full.
    jetty.put("org.apache.felix.jetty.gziphandler.enable", "false");
    jetty.put("org.apache.felix.https.enable", Boolean.toString(secure));
    if (secure) {
      int securePort = config.httpsPort() == 0 ? 0 : config.httpsPort() + offset;
      jetty.put("org.osgi.service.http.port.secure", Integer.toString(securePort));
      jetty.put("org.apache.felix.https.keystore", config.keystore());
      jetty.put("org.apache.felix.https.keystore.password", config.keystorePassword());
      jetty.put("org.apache.felix.https.keystore.key.password", config.keystorePassword());
      jetty.put("org.apache.felix.https.keystore.type", "PKCS12");
    }
    return jetty;
  }

  @Deactivate
  void deactivate() throws IOException {
    streams.close();
    registrations.forEach(ServiceRegistration::unregister);
    port.end();
    rooms.close();
  }

  @Override
  public List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    Optional<Integer> open = port.port();
    if (open.isPresent()) {
      checks.add(new Check("http", State.OK, "listens on port " + open.get()));
    } else {
      checks.add(
          new Check(
              "http",
              State.CRITICAL,
              address
                  + " is not open; when another program has the port, set another one with"
                  + " --set io.patchbay.northbound.rest:port=PORT or --offset"));
    }
    keystoreProblem.ifPresent(
        words -> checks.add(new Check("https", State.CRITICAL, "HTTPS is not open: " + words)));
    if (open.isPresent() && !port.secureAsWanted()) {
      checks.add(
          new Check(
              "https",
              State.CRITICAL,
              "HTTPS is not open; when another program has the port, set another one with"
                  + " --set io.patchbay.northbound.rest:httpsPort=PORT"));
    }
    return checks;
  }

  @Override
  public List<Sample> samples() {
    List<Sample> samples = new ArrayList<>(streams.samples());
    gate.answers()
        .forEach(
            (status, count) ->
                samples.add(
                    Sample.counter(
                        "patchbay_rest_answers_total",
                        "Answers by status.",
                        Map.of("status", Integer.toString(status)),
                        count.doubleValue())));
    return samples;
  }
}
