package io.patchbay.northbound.modbus;

import io.patchbay.northbound.Commands;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Health;
import io.patchbay.profile.Profiles;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The maps in the folder {@code modbus} of the data directory. The slave listens while there is
 * one. A map that is wrong is refused, and what the file gave before stays in service.
 */
@Component(
    service = {ArtifactInstaller.class, Health.class},
    configurationPid = "io.patchbay.northbound.modbus")
@Designate(ocd = SlaveMaps.Config.class)
public final class SlaveMaps implements ArtifactInstaller, Health {
  static final String FOLDER = "modbus";
  private static final Logger LOG = LoggerFactory.getLogger(SlaveMaps.class);

  /** Configuration, PID {@code io.patchbay.northbound.modbus}. */
  @ObjectClassDefinition(name = "Modbus TCP slave")
  public @interface Config {
    @AttributeDefinition(description = "Address that is listened on, once there is a map")
    String host() default "127.0.0.1";

    @AttributeDefinition(
        description = "Port, before the offset; 0 for any free one",
        min = "0",
        max = "65535")
    int port() default 1502;

    @AttributeDefinition(description = "Masters connected at one time", min = "1", max = "1000")
    int connections() default 32;

    @AttributeDefinition(
        description = "Exception that is answered where there is no value, or a stale one: 4 or 11")
    int unavailable() default Slave.TARGET_SILENT;

    @AttributeDefinition(
        description = "Seconds after which a write has failed",
        min = "1",
        max = "600")
    int writeSeconds() default 5;
  }

  private final Path folder;
  private final InetSocketAddress address;
  private final int connections;
  private final Slave slave;
  private final Map<String, MapFile.Content> good = new TreeMap<>();
  private final Map<String, List<Finding>> refused = new TreeMap<>();
  private volatile RegisterMap map = new RegisterMap();
  private @Nullable SlaveServer server;
  private String problem = "";

  @Activate
  public SlaveMaps(
      BundleContext context,
      Config config,
      @Reference Things things,
      @Reference Commands commands,
      @Reference Profiles profiles) {
    this(
        Path.of(Optional.ofNullable(context.getProperty("patchbay.data")).orElse("data")),
        address(config, context.getProperty("patchbay.offset")),
        config.connections(),
        new Slave(
            things,
            commands,
            profiles,
            unavailable(config.unavailable()),
            Duration.ofSeconds(config.writeSeconds())));
  }

  SlaveMaps(Path data, InetSocketAddress address, int connections, Slave slave) {
    this.folder = data.toAbsolutePath().normalize().resolve(FOLDER);
    this.address = address;
    this.connections = connections;
    this.slave = slave;
  }

  private static InetSocketAddress address(Config config, @Nullable String offset) {
    int port = config.port();
    int added = offset == null || port == 0 ? 0 : Integer.parseInt(offset);
    return new InetSocketAddress(config.host(), port + added);
  }

  private static int unavailable(int code) {
    if (code != Slave.FAILURE && code != Slave.TARGET_SILENT) {
      throw new IllegalArgumentException("unavailable must be 4 or 11, not " + code);
    }
    return code;
  }

  @Override
  public boolean canHandle(File file) {
    return MapFile.named(file.toPath())
        && file.toPath().toAbsolutePath().normalize().startsWith(folder);
  }

  @Override
  public void install(File file) throws IOException {
    String shown = shown(file);
    take(shown, MapFile.read(shown, file.toPath()));
  }

  @Override
  public void update(File file) throws IOException {
    install(file);
  }

  @Override
  public synchronized void uninstall(File file) {
    String shown = shown(file);
    refused.remove(shown);
    if (good.remove(shown) != null) {
      LOG.info("{}: out of service", shown);
      List<Finding> unused = new ArrayList<>();
      map = RegisterMap.of(good, unused);
      listen();
    }
  }

  private String shown(File file) {
    return FOLDER + "/" + folder.relativize(file.toPath().toAbsolutePath().normalize());
  }

  private synchronized void take(String file, MapFile.Content content) {
    List<Finding> findings = new ArrayList<>(content.findings());
    Map<String, MapFile.Content> all = new TreeMap<>(good);
    all.put(file, content);
    RegisterMap made = RegisterMap.of(all, findings);
    if (!findings.isEmpty()) {
      refused.put(file, List.copyOf(findings));
      findings.forEach(finding -> LOG.warn("{}", finding));
      return;
    }
    refused.remove(file);
    good.put(file, content);
    map = made;
    LOG.info("{}: {} points in service", file, content.points().size());
    listen();
  }

  /** While there is something to serve. */
  private void listen() {
    SlaveServer present = server;
    if (map.size() == 0 && present != null) {
      present.close();
      server = null;
    } else if (map.size() > 0 && present == null) {
      try {
        SlaveServer made = new SlaveServer(address, () -> map, slave, connections);
        server = made;
        problem = "";
        LOG.info("Modbus TCP slave on {}:{}", address.getHostString(), made.port());
      } catch (IOException taken) {
        problem =
            String.format(
                "%s:%d cannot be listened on (%s); stop what listens there, or set"
                    + " io.patchbay.northbound.modbus:port, and touch a map",
                address.getHostString(), address.getPort(), taken.getMessage());
        LOG.warn("{}", problem);
      }
    }
  }

  /** 0 while nothing is listened on. */
  synchronized int port() {
    SlaveServer present = server;
    return present == null ? 0 : present.port();
  }

  @Override
  public synchronized List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    refused.forEach(
        (file, findings) ->
            checks.add(new Check("modbus-slave", State.WARN, findings.get(0).toString())));
    SlaveServer present = server;
    if (!problem.isEmpty()) {
      checks.add(new Check("modbus-slave", State.CRITICAL, problem));
    } else if (present != null) {
      checks.add(
          new Check(
              "modbus-slave",
              State.OK,
              map.size() + " points, " + present.connections() + " masters"));
    }
    return checks;
  }

  @Deactivate
  public synchronized void stop() {
    SlaveServer present = server;
    server = null;
    if (present != null) {
      present.close();
    }
  }
}
