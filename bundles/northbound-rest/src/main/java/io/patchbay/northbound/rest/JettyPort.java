package io.patchbay.northbound.rest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.condition.Condition;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Opens the port: Jetty opens none by itself (the launcher says so), until its configuration comes
 * from here. The condition {@code patchbay.http.listening} is there while it is open.
 */
final class JettyPort extends ServiceTracker<Object, Integer> {
  private static final String PID = "org.apache.felix.http";
  private static final String PORT = "org.osgi.service.http.port";
  private static final String SECURE_PORT = "org.osgi.service.http.port.secure";
  private static final int PROBE_MILLIS = 1_000;
  private static final String RUNTIME = "org.osgi.service.servlet.runtime.HttpServiceRuntime";

  private final ConfigurationAdmin admin;
  private final Map<String, Object> settings;
  private final String host;
  private final int wanted;
  private final boolean secure;
  private @Nullable Dictionary<String, Object> before;
  private @Nullable ServiceRegistration<Condition> listening;
  private volatile int open;
  private volatile boolean secureOpen;

  /**
   * @param settings what Jetty is told
   * @param host that is listened on
   * @param wanted port that is to be open; 0 for any
   * @param secure whether HTTPS is to be open, too
   */
  JettyPort(
      BundleContext context,
      ConfigurationAdmin admin,
      Map<String, Object> settings,
      String host,
      int wanted,
      boolean secure)
      throws InvalidSyntaxException {
    super(context, context.createFilter("(" + Constants.OBJECTCLASS + "=" + RUNTIME + ")"), null);
    this.admin = admin;
    this.settings = settings;
    this.host = host;
    this.wanted = wanted;
    this.secure = secure;
  }

  /** Sets Jetty going; the port opens shortly after. */
  void begin() throws IOException {
    open();
    Configuration configuration = admin.getConfiguration(PID, "?");
    before = configuration.getProperties();
    Map<String, Object> all = new HashMap<>();
    if (before != null) {
      all.putAll(FrameworkUtil.asMap(before));
    }
    all.putAll(settings);
    configuration.updateIfDifferent(FrameworkUtil.asDictionary(all));
  }

  /** Closes the port. */
  void end() throws IOException {
    close();
    Configuration configuration = admin.getConfiguration(PID, "?");
    if (before == null) {
      configuration.delete();
    } else {
      configuration.update(before);
    }
  }

  /** The open port, empty while there is none. */
  Optional<Integer> port() {
    return open == 0 ? Optional.empty() : Optional.of(open);
  }

  /** Whether HTTPS is as it should be: open, or not wanted. */
  boolean secureAsWanted() {
    return secureOpen || !secure;
  }

  @Override
  public @Nullable Integer addingService(ServiceReference<Object> reference) {
    int port = number(reference, PORT);
    if (port == 0 || (wanted != 0 && port != wanted) || !reachable(port)) {
      return null;
    }
    Map<String, Object> properties = new HashMap<>();
    properties.put(Condition.CONDITION_ID, "patchbay.http.listening");
    properties.put("port", port);
    int securePort = secure ? number(reference, SECURE_PORT) : 0;
    if (securePort != 0 && reachable(securePort)) {
      properties.put("securePort", securePort);
      secureOpen = true;
    }
    synchronized (this) {
      open = port;
      listening =
          context.registerService(
              Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(properties));
    }
    return port;
  }

  private static int number(ServiceReference<Object> reference, String key) {
    Object text = reference.getProperty(key);
    return text instanceof String digits && digits.matches("[0-9]+") ? Integer.parseInt(digits) : 0;
  }

  /** Jetty goes on when one of its two ports cannot be opened, and only logs it. */
  private boolean reachable(int port) {
    try (Socket socket = new Socket()) {
      InetSocketAddress address = new InetSocketAddress(host, port);
      boolean any = !address.isUnresolved() && address.getAddress().isAnyLocalAddress();
      InetSocketAddress local = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      socket.connect(any ? local : address, PROBE_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void removedService(ServiceReference<Object> reference, Integer port) {
    synchronized (this) {
      open = 0;
      secureOpen = false;
      if (listening != null) {
        listening.unregister();
        listening = null;
      }
    }
  }
}
