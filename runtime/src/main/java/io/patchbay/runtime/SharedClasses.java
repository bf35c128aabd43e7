package io.patchbay.runtime;

import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.osgi.framework.BundleContext;
import org.osgi.framework.hooks.weaving.WeavingHook;
import org.osgi.framework.hooks.weaving.WovenClass;
import org.osgi.framework.hooks.weaving.WovenClassListener;

/**
 * The classes of a running hub, to be written into an archive that the virtual machine maps at the
 * next start (class data sharing, JEP 350). Classes of bundles get in too: the machine finds them
 * by name and compares length and CRC of the bytes, so a replaced bundle gets its new ones.
 */
final class SharedClasses {
  /** Everything that is polled is polled in that time. */
  private static final long QUIET_MILLIS = 2_000;

  private final Queue<Class<?>> defined = new ConcurrentLinkedQueue<>();

  /** Symbolic names of those with classes. */
  private final Set<String> bundles = ConcurrentHashMap.newKeySet();

  private SharedClasses() {}

  /** Remembers every class that a bundle defines from now on. */
  static SharedClasses watch(BundleContext context) {
    SharedClasses classes = new SharedClasses();
    // the framework tells listeners of classes only while somebody could weave them
    context.registerService(WeavingHook.class, woven -> {}, null);
    context.registerService(
        WovenClassListener.class,
        woven -> {
          if (woven.getState() == WovenClass.DEFINED) {
            classes.defined.add(woven.getDefinedClass());
            classes.bundles.add(woven.getBundleWiring().getBundle().getSymbolicName());
          }
        },
        null);
    return classes;
  }

  /**
   * Waits until a bundle has got classes and then no bundle gets any more.
   *
   * @param bundle its symbolic name
   * @param most after that it is given up; what has come is what there is
   */
  void awaitAll(String bundle, Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    int before = -1;
    while (System.nanoTime() < end && (before != defined.size() || !bundles.contains(bundle))) {
      before = defined.size();
      TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
    }
  }

  /**
   * Writes the archive.
   *
   * @return what the virtual machine said, when there is no archive
   */
  String dump(Path archive) {
    link();
    PrintStream out = System.out;
    // the machine's own code tells there how it gets on
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    try {
      Object said =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "vmCds",
                  new Object[] {new String[] {"dynamic_dump", archive.toString()}},
                  new String[] {String[].class.getName()});
      return Files.exists(archive) ? "" : String.valueOf(said).strip();
    } catch (JMException without) {
      return String.valueOf(without.getMessage());
    } finally {
      System.setOut(out);
    }
  }

  /**
   * Only linked classes are written, and many are loaded without being linked: those that others
   * are verified against. Asking for fields links, and initializes nothing.
   */
  private void link() {
    for (Class<?> type : defined) {
      try {
        Object unused = type.getDeclaredFields();
      } catch (LinkageError optional) {
        // names a class that is not shipped: it stays out of the archive
      }
    }
  }
}
