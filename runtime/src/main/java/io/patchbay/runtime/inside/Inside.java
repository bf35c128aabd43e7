package io.patchbay.runtime.inside;

import io.patchbay.runtime.configuration.Configuration;
import io.patchbay.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * Starts before every bundle that is configured: no component ever sees a default that a file
 * overrides.
 */
public final class Inside implements BundleActivator {
  private static final String ROLE = "patchbay.role";

  @Override
  public void start(BundleContext context)
      throws IOException, ConfigurationException, InvalidSyntaxException {
    configure(context);
    context.registerService(Supplier.class, new Diagnosis(context), role("diagnosis"));
    deployFolder(context);
  }

  /** Everything it registered goes with the bundle. */
  @Override
  public void stop(BundleContext context) {}

  private static void configure(BundleContext context)
      throws IOException, ConfigurationException, InvalidSyntaxException {
    ServiceReference<ConfigurationAdmin> reference =
        context.getServiceReference(ConfigurationAdmin.class);
    if (reference == null) {
      throw new IllegalStateException("ConfigurationAdmin starts after " + context.getBundle());
    }
    ConfigurationAdmin admin = context.getService(reference);
    for (Map.Entry<String, Map<String, Object>> entry : configuration(context).entrySet()) {
      String[] pid = entry.getKey().split("~", 2);
      var target =
          pid.length == 1
              ? admin.getConfiguration(pid[0], "?")
              : admin.getFactoryConfiguration(pid[0], pid[1], "?");
      target.update(FrameworkUtil.asDictionary(entry.getValue()));
    }
    context.ungetService(reference);
  }

  /** What the launcher has read already; read here when somebody else booted the framework. */
  @SuppressWarnings("unchecked")
  private static Map<String, Map<String, Object>> configuration(BundleContext context)
      throws ConfigurationException, InvalidSyntaxException {
    for (ServiceReference<?> read :
        context.getServiceReferences(Map.class, "(" + ROLE + "=configuration)")) {
      return (Map<String, Map<String, Object>>) context.getService(read);
    }
    Path home = Path.of(context.getProperty("patchbay.home"));
    Path data = Path.of(context.getProperty("patchbay.data"));
    String set = context.getProperty("patchbay.set");
    List<String> settings = set == null ? List.of() : set.lines().toList();
    return Configuration.read(home, data, settings).named();
  }

  private static void deployFolder(BundleContext context) {
    DeployFolder folder = DeployFolder.open(context);
    context.registerService(
        ArtifactInstaller.class,
        folder,
        FrameworkUtil.asDictionary(Map.of(Constants.SERVICE_RANKING, Integer.MAX_VALUE)));
  }

  private static Dictionary<String, Object> role(String role) {
    return FrameworkUtil.asDictionary(Map.of(ROLE, role));
  }
}
