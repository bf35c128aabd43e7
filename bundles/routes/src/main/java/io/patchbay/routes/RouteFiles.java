package io.patchbay.routes;

import io.patchbay.camel.StagedContexts;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleListener;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.condition.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route files of the distribution, overlaid by those of the data directory. One thread builds,
 * replaces and removes; what it has to look at is a set of ids, so it never grows beyond the files.
 */
@Component(
    configurationPid = RouteFiles.SETTINGS,
    service = {ArtifactInstaller.class, Documents.class, Health.class, Metrics.class},
    property = Documents.KIND + "=route")
public final class RouteFiles implements ArtifactInstaller, Documents, Health, Metrics {
  /** A configuration whose keys are free: {@code {{key}}} in a file stands for its value. */
  static final String SETTINGS = "io.patchbay.routes.settings";

  private static final Logger LOG = LoggerFactory.getLogger(RouteFiles.class);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
  private static final String FOLDER = "routes";
  static final String HOME = "patchbay.home";
  static final String DATA = "patchbay.data";
  private static final long TRY_AGAIN_SECONDS = 5;

  /** How long a bundle that goes waits for routes that are being built. */
  private static final long PATIENCE_SECONDS = 15;

  private final BundleContext bundle;
  private final StagedContexts contexts;
  private final Map<String, String> values;
  private final Demand demand;
  private final Optional<Path> shipped;
  private final Optional<Path> overlay;
  private final Map<String, RouteFile> files = new ConcurrentSkipListMap<>();
  private final BundleListener bundleListener = event -> later(Set.of());
  private final SynchronousBundleListener departures = this::departing;
  private final Thread worker = new Thread(this::work, "patchbay-routes");

  /** Held while routes are built and replaced. */
  private final ReentrantLock building = new ReentrantLock();

  private final Set<String> changed = ConcurrentHashMap.newKeySet();
  private final Semaphore news = new Semaphore(0);
  private volatile boolean stopping;

  @Activate
  public RouteFiles(
      BundleContext bundle, Map<String, Object> settings, @Reference StagedContexts contexts) {
    this.bundle = bundle;
    this.contexts = contexts;
    this.demand = new Demand(bundle);
    this.values = values(bundle, settings);
    this.shipped = folder(HOME);
    this.overlay = folder(DATA);
    bundle.addBundleListener(bundleListener);
    bundle.addBundleListener(departures);
    worker.start();
  }

  private static Map<String, String> values(BundleContext bundle, Map<String, Object> settings) {
    Map<String, String> values = new TreeMap<>();
    settings.forEach((key, value) -> values.put(key, String.valueOf(value)));
    for (String name : List.of(HOME, DATA)) {
      Optional.ofNullable(bundle.getProperty(name)).ifPresent(at -> values.put(name, at));
    }
    return values;
  }

  private Optional<Path> folder(String property) {
    return Optional.ofNullable(values.get(property)).map(at -> Path.of(at, FOLDER));
  }

  @Deactivate
  void deactivate() throws InterruptedException {
    stopping = true;
    bundle.removeBundleListener(bundleListener);
    bundle.removeBundleListener(departures);
    worker.interrupt();
    worker.join();
    building.lock();
    try {
      files.values().forEach(RouteFile::stop);
    } finally {
      building.unlock();
    }
  }

  /**
   * What lives on a bundle ends before that does: afterwards the classes to end it with are gone.
   */
  private void departing(BundleEvent event) {
    if (event.getType() != BundleEvent.STOPPING || stopping) {
      return;
    }
    try {
      if (building.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        try {
          files.values().forEach(file -> file.leave(event.getBundle()));
        } finally {
          building.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    Optional<ServiceRegistration<Condition>> loaded = Optional.empty();
    try {
      process(ids());
      loaded =
          Optional.of(
              bundle.registerService(
                  Condition.class,
                  Condition.INSTANCE,
                  FrameworkUtil.asDictionary(
                      Map.of(Condition.CONDITION_ID, "patchbay.routes.loaded"))));
      while (!stopping) {
        process(next());
      }
    } catch (InterruptedException e) {
      LOG.debug("Stopping");
    } finally {
      loaded.ifPresent(RouteFiles::unregister);
    }
  }

  private static void unregister(ServiceRegistration<Condition> registration) {
    try {
      registration.unregister();
    } catch (IllegalStateException e) {
      LOG.debug("The bundle stopped first", e);
    }
  }

  private Set<String> next() throws InterruptedException {
    boolean failed = files.values().stream().anyMatch(RouteFiles::failed);
    if (!failed) {
      news.acquire();
    } else if (!news.tryAcquire(TRY_AGAIN_SECONDS, TimeUnit.SECONDS)) {
      LOG.debug("Trying again what failed");
    }
    news.drainPermits();
    Set<String> next = Set.copyOf(changed);
    changed.removeAll(next);
    return next;
  }

  private static boolean failed(RouteFile file) {
    return file.state() == RouteFile.State.FAILED;
  }

  private void later(Set<String> ids) {
    changed.addAll(ids);
    news.release();
  }

  private void process(Set<String> ids) throws InterruptedException {
    for (String id : ids) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      building.lock();
      try {
        process(id);
      } finally {
        building.unlock();
      }
    }
    building.lock();
    try {
      files.values().forEach(RouteFile::review);
    } finally {
      building.unlock();
    }
  }

  private void process(String id) {
    try {
      Optional<RouteSource> source = source(id);
      if (source.isPresent()) {
        RouteFile file = file(id);
        if (!file.has(source.get())) {
          file.take(source.get());
        }
      } else {
        Optional.ofNullable(files.remove(id)).ifPresent(RouteFile::remove);
      }
    } catch (IOException e) {
      LOG.warn("The route file '{}' cannot be read: {}", id, e.toString());
    } catch (RuntimeException e) {
      LOG.error("The route file '{}' met a bug", id, e);
    }
  }

  private RouteFile file(String id) {
    return files.computeIfAbsent(id, name -> new RouteFile(name, contexts, bundle, demand, values));
  }

  /** The overlay, otherwise what ships. */
  private Optional<RouteSource> source(String id) throws IOException {
    Optional<RouteSource> over = read(overlay, id, false);
    return over.isPresent() ? over : read(shipped, id, true);
  }

  private static Optional<RouteSource> read(Optional<Path> folder, String id, boolean shipped)
      throws IOException {
    Path file = folder.map(at -> at.resolve(id + RouteSource.SUFFIX)).orElse(null);
    if (file == null || !Files.isRegularFile(file)) {
      return Optional.empty();
    }
    return Optional.of(RouteSource.of(id, file, shipped));
  }

  private Set<String> ids() {
    Set<String> ids = new TreeSet<>();
    for (Optional<Path> folder : List.of(shipped, overlay)) {
      String[] names = folder.map(at -> at.toFile().list()).orElse(null);
      for (String name : names == null ? new String[0] : names) {
        RouteSource.id(name).ifPresent(ids::add);
      }
    }
    return ids;
  }

  @Override
  public boolean canHandle(File artifact) {
    File parent = artifact.getParentFile();
    return parent != null
        && parent.getName().equals(FOLDER)
        && RouteSource.id(artifact.getName()).isPresent();
  }

  @Override
  public void install(File artifact) {
    RouteSource.id(artifact.getName()).ifPresent(id -> later(Set.of(id)));
  }

  @Override
  public void update(File artifact) {
    install(artifact);
  }

  @Override
  public void uninstall(File artifact) {
    install(artifact);
  }

  @Override
  public List<Document> list() {
    return files.values().stream().map(RouteFile::document).toList();
  }

  @Override
  public Optional<String> text(String id) {
    return Optional.ofNullable(files.get(id)).flatMap(RouteFile::text);
  }

  @Override
  public Document put(String id, String text) throws RefusedException, IOException {
    if (!ID.matcher(id).matches()) {
      throw new RefusedException(
          "'" + id + "' cannot name a route file; accepted: " + ID.pattern());
    }
    Path folder =
        overlay.orElseThrow(() -> new IOException("there is no data directory for route files"));
    Path target = folder.resolve(id + RouteSource.SUFFIX);
    RouteSource source = new RouteSource(id, target.toString(), text, false);
    building.lock();
    try {
      boolean fresh = !files.containsKey(id);
      RouteFile file = file(id);
      file.take(source);
      if (file.state() == RouteFile.State.REFUSED || file.state() == RouteFile.State.FAILED) {
        List<Finding> findings = file.findings();
        if (fresh) {
          files.remove(id);
          file.remove();
        } else {
          file.disregard();
          process(id);
        }
        throw new RefusedException(
            String.join("\n", findings.stream().map(Finding::toString).toList()));
      }
      try {
        write(target, text);
      } catch (IOException e) {
        process(id);
        throw e;
      }
      return file.document();
    } finally {
      building.unlock();
    }
  }

  private static void write(Path target, String text) throws IOException {
    Path folder = target.getParent();
    if (folder == null) {
      throw new IOException(target + " has no folder");
    }
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, ".", ".part");
    try {
      Files.writeString(part, text);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  @Override
  public boolean remove(String id) throws IOException {
    if (!ID.matcher(id).matches() || overlay.isEmpty()) {
      return false;
    }
    building.lock();
    try {
      boolean removed = Files.deleteIfExists(overlay.get().resolve(id + RouteSource.SUFFIX));
      if (removed) {
        process(id);
      }
      return removed;
    } finally {
      building.unlock();
    }
  }

  @Override
  public List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    files.forEach(
        (id, file) -> {
          List<Finding> findings = file.findings();
          checks.add(
              findings.isEmpty()
                  ? new Check("routes:" + id, Health.State.OK, file.document().state())
                  : new Check("routes:" + id, Health.State.WARN, findings.get(0).toString()));
        });
    return checks;
  }

  @Override
  public List<Sample> samples() {
    Map<String, Long> states = new TreeMap<>();
    for (RouteFile.State state : RouteFile.State.values()) {
      states.put(state.name().toLowerCase(Locale.ROOT), 0L);
    }
    List<Sample> samples = new ArrayList<>();
    for (RouteFile file : files.values()) {
      states.merge(file.document().state(), 1L, Long::sum);
      samples.addAll(file.samples());
    }
    states.forEach(
        (state, count) ->
            samples.add(
                Sample.gauge(
                    "patchbay_route_files",
                    "Route files by what became of their newest text.",
                    Map.of("state", state),
                    count.doubleValue())));
    return samples;
  }
}
