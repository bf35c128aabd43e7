package io.patchbay.northbound.rest;

import java.io.IOException;
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
  private static final String RUNTIME = "org.osgi.service.servlet.runtime.HttpServiceRuntime";

  private final ConfigurationAdmin admin;
  private final Map<String, Object> settings;
  private final int wanted;
  private @Nullable Dictionary<String, Object> before;
  private @Nullable ServiceRegistration<Condition> listening;
  private volatile int open;

  /**
   * @param settings what Jetty is told
   * @param wanted port that is to be open; 0 for any
   */
  JettyPort(
      BundleContext context, ConfigurationAdmin admin, Map<String, Object> settings, int wanted)
      throws InvalidSyntaxException {
    super(context, context.createFilter("(" + Constants.OBJECTCLASS + "=" + RUNTIME + ")"), null);
    this.admin = admin;
    this.settings = settings;
    this.wanted = wanted;
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

  @Override
  public @Nullable Integer addingService(ServiceReference<Object> reference) {
    Object text = reference.getProperty(PORT);
    int port =
        text instanceof String digits && digits.matches("\\d+") ? Integer.parseInt(digits) : 0;
    if (port == 0 || (wanted != 0 && port != wanted)) {
      return null;
    }
    Map<String, Object> properties =
        Map.of(Condition.CONDITION_ID, "patchbay.http.listening", "port", port);
    synchronized (this) {
      open = port;
      listening =
          context.registerService(
              Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(properties));
    }
    return port;
  }

  @Override
  public void removedService(ServiceReference<Object> reference, Integer port) {
    synchronized (this) {
      open = 0;
      if (listening != null) {
        listening.unregister();
        listening = null;
      }
    }
  }
}
