package io.patchbay.camel.probe;

import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;

/** Registers the probe while its bundle runs. */
public final class ProbeActivator implements BundleActivator {
  private @Nullable Probe probe;

  @Override
  public void start(BundleContext context) {
    Probe started = new Probe(context);
    probe = started;
    context.registerService(
        BiFunction.class, started, FrameworkUtil.asDictionary(Map.of("probe", "yes")));
  }

  @Override
  public void stop(BundleContext context) {
    if (probe != null) {
      probe.close();
    }
  }
}
