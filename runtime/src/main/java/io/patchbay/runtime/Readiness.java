package io.patchbay.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.AllServiceListener;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;

/** Waits until every service that makes a hub has been seen registered. */
public final class Readiness implements AutoCloseable {
  private final BundleContext context;
  private final Map<String, Filter> filters = new TreeMap<>();
  private final CountDownLatch complete = new CountDownLatch(1);
  private final AllServiceListener listener = this::changed;

  private Readiness(BundleContext context, Properties file) {
    this.context = context;
    for (String name : file.stringPropertyNames()) {
      filters.put(name, filter(file.getProperty(name, "").strip()));
    }
  }

  /**
   * Begins to watch.
   *
   * @param context of the system bundle
   */
  public static Readiness watch(BundleContext context) {
    return watch(context, FrameworkSettings.load("ready.properties"));
  }

  static Readiness watch(BundleContext context, Properties file) {
    Readiness readiness = new Readiness(context, file);
    context.addServiceListener(readiness.listener);
    readiness.look();
    return readiness;
  }

  /** False when it took longer. */
  public boolean await(Duration patience) throws InterruptedException {
    return complete.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What has not come yet, in words. */
  public List<String> missing() {
    List<String> missing = new ArrayList<>();
    filters.forEach(
        (name, filter) -> {
          if (!present(filter)) {
            missing.add(name.replace('-', ' ') + " " + filter);
          }
        });
    return missing;
  }

  @Override
  public void close() {
    context.removeServiceListener(listener);
  }

  /** Hundreds come and few are waited for: only then all is looked through. */
  private void changed(ServiceEvent event) {
    if (event.getType() == ServiceEvent.REGISTERED
        && complete.getCount() > 0
        && filters.values().stream()
            .anyMatch(filter -> filter.match(event.getServiceReference()))) {
      look();
    }
  }

  private void look() {
    if (missing().isEmpty()) {
      complete.countDown();
    }
  }

  private static Filter filter(String text) {
    try {
      return FrameworkUtil.createFilter(text);
    } catch (InvalidSyntaxException wrong) {
      throw new IllegalStateException("ready.properties: " + wrong.getMessage(), wrong);
    }
  }

  private boolean present(Filter filter) {
    try {
      return context.getAllServiceReferences(null, filter.toString()) != null;
    } catch (InvalidSyntaxException impossible) {
      throw new IllegalStateException(impossible);
    } catch (IllegalStateException stopped) {
      return false;
    }
  }
}
