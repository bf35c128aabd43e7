package io.patchbay.deployer;

import io.patchbay.deployment.Deployer;
import io.patchbay.deployment.ShippedComponents;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only installer of bundles: for the folder {@code deploy/} and for the API. Its service is
 * there once what lay in the folder at the start has been processed.
 */
@Component(
    configurationPid = "io.patchbay.deployer",
    service = {},
    immediate = true)
@Designate(ocd = BundleDeployer.Config.class)
public final class BundleDeployer
    implements Deployer,
        ShippedComponents,
        ArtifactInstaller,
        Health,
        Metrics,
        SynchronousBundleListener {

  /** Configuration, PID {@code io.patchbay.deployer}. */
  @ObjectClassDefinition(name = "Patchbay deployer")
  public @interface Config {
    @AttributeDefinition(
        description =
            "Seconds that a new bundle's components have to come up before the old one comes back")
    int patienceSeconds() default 10;

    @AttributeDefinition(description = "Seconds after which a call gives up waiting for its turn")
    int callSeconds() default 120;

    @AttributeDefinition(description = "Largest jar, in MiB")
    int maxJarMegabytes() default 200;

    @AttributeDefinition(description = "Largest sum of a jar's entries when unpacked, in MiB")
    int maxUnpackedMegabytes() default 1000;

    @AttributeDefinition(
        description =
            "File of the certificates (PEM) whose holders may sign bundles; a relative path begins"
                + " in the data directory. None when empty: unsigned bundles are accepted")
    String trustedCertificates() default "";
  }

  private static final Logger LOG = LoggerFactory.getLogger(BundleDeployer.class);

  private final BundleContext context;
  private final Components components;
  private final RetainedLoaders retained = new RetainedLoaders();
  private final Tally tally = new Tally();
  private final Requirements requirements;
  private final Candidate.Limits limits;
  private final DeployFolder folder;
  private final Signatures signatures;
  private final Shelf shelf;
  private final Installer installer;
  private final Worker worker;
  private final Set<Path> changed = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean scanDue = new AtomicBoolean();
  private final AtomicBoolean reviveDue = new AtomicBoolean();
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
  private volatile boolean begun;
  private boolean stopped;

  @Activate
  public BundleDeployer(
      BundleContext context, Config config, @Reference ServiceComponentRuntime runtime)
      throws IOException {
    this.context = context;
    this.components = new Components(runtime);
    this.requirements = new Requirements(context);
    this.limits =
        new Candidate.Limits(
            config.maxJarMegabytes() * 1_048_576L, config.maxUnpackedMegabytes() * 1_048_576L);
    Path data = Path.of(property("patchbay.data", "data")).toAbsolutePath();
    Optional<Path> home = Optional.ofNullable(context.getProperty("patchbay.home")).map(Path::of);
    this.folder = new DeployFolder(data.resolve("deploy"), limits);
    this.signatures =
        config.trustedCertificates().isEmpty()
            ? Signatures.none()
            : Signatures.by(data.resolve(config.trustedCertificates()));
    Replacement replacement =
        new Replacement(
            context, components, retained, Duration.ofSeconds(config.patienceSeconds()));
    this.shelf = new Shelf(context, replacement, home.map(base -> base.resolve("components")));
    this.installer =
        new Installer(
            context,
            shelf,
            folder,
            new Store(data.resolve("state").resolve("bundles")),
            signatures,
            replacement,
            new ShippedJars(home.map(base -> base.resolve("bundles"))),
            new Platform(context),
            tally);
    this.worker = new Worker(Duration.ofSeconds(config.callSeconds()));
    // FileInstall must find it before it looks at the folder: its own installer takes any bundle.
    register(ArtifactInstaller.class);
    register(Health.class);
    register(Metrics.class);
    // What the routes name is brought after what lies in the folder: that may bring it, too.
    register(ShippedComponents.class);
    context.addBundleListener(this);
    worker.later(this::begin);
  }

  private String property(String key, String otherwise) {
    String value = context.getProperty(key);
    return value == null ? otherwise : value;
  }

  private void begin() {
    try {
      installer.begin();
    } catch (IOException | BundleException | RuntimeException e) {
      LOG.error("the folder deploy/ could not be processed: {}", e.getMessage(), e);
    }
    begun = true;
    register(Deployer.class);
  }

  private void register(Class<?> type) {
    synchronized (registrations) {
      if (!stopped) {
        registrations.add(context.registerService(type.getName(), this, null));
      }
    }
  }

  @Deactivate
  void deactivate() {
    context.removeBundleListener(this);
    synchronized (registrations) {
      stopped = true;
      registrations.forEach(ServiceRegistration::unregister);
    }
    worker.stop();
  }

  // ---- the folder

  @Override
  public boolean canHandle(@Nullable File file) {
    // All of the folder, not only jars: what is left over FileInstall would install by itself.
    return file != null && folder.path().equals(file.toPath().toAbsolutePath().getParent());
  }

  @Override
  public void install(File file) {
    filesChanged(file);
  }

  @Override
  public void update(File file) {
    filesChanged(file);
  }

  @Override
  public void uninstall(File file) {
    filesChanged(file);
  }

  /**
   * Never fails and never waits: FileInstall would log it its way, or keep other folders waiting.
   */
  private void filesChanged(File file) {
    if (!file.getName().endsWith(".jar")) {
      LOG.warn("deploy/{} is ignored; accepted: bundles (*.jar)", file.getName());
      return;
    }
    changed.add(file.toPath().toAbsolutePath());
    if (scanDue.compareAndSet(false, true) && !worker.later(this::scan)) {
      scanDue.set(false);
    }
  }

  private void scan() {
    scanDue.set(false);
    List<Path> files = List.copyOf(changed);
    files.forEach(changed::remove);
    try {
      installer.filesChanged(files);
    } catch (IOException | RuntimeException e) {
      LOG.error("{} could not be processed: {}", files, e.getMessage(), e);
    }
  }

  // ---- what comes back

  @Override
  public void bundleChanged(BundleEvent event) {
    boolean maybe =
        event.getType() == BundleEvent.RESOLVED
            || event.getType() == BundleEvent.INSTALLED
            || event.getType() == BundleEvent.UPDATED;
    if (maybe && begun && !Trial.is(event.getBundle())) {
      reviveLater();
    }
  }

  private void reviveLater() {
    if (reviveDue.compareAndSet(false, true) && !worker.later(this::revive)) {
      reviveDue.set(false); // the queue is full of calls, and each of them revives
    }
  }

  private void revive() {
    reviveDue.set(false);
    installer.revive();
  }

  // ---- what routes name

  @Override
  public Set<String> want(Set<String> components) {
    Set<String> coming = shelf.want(components);
    reviveLater();
    return coming;
  }

  // ---- Deployer

  @Override
  public List<DeployedBundle> list() {
    Map<String, String> problems = installer.problems();
    Map<String, String> open = new TreeMap<>(problems);
    List<DeployedBundle> bundles = new ArrayList<>();
    for (Bundle bundle : context.getBundles()) {
      if (!Trial.is(bundle)) {
        open.remove(bundle.getSymbolicName());
        bundles.add(describe(bundle));
      }
    }
    // What was refused and runs in no version.
    open.forEach(
        (name, words) ->
            bundles.add(new DeployedBundle(-1, name, name, "", "refused", false, words)));
    bundles.sort(Comparator.comparing(DeployedBundle::symbolicName));
    return bundles;
  }

  private DeployedBundle describe(Bundle bundle) {
    String symbolicName = String.valueOf(bundle.getSymbolicName());
    String name = bundle.getHeaders("").get(Constants.BUNDLE_NAME);
    boolean shipped = !Installer.ours(bundle) && !installer.deployed(symbolicName);
    return new DeployedBundle(
        bundle.getBundleId(),
        symbolicName,
        name == null ? symbolicName : name,
        bundle.getVersion().toString(),
        state(bundle),
        shipped,
        problem(bundle));
  }

  private static String state(Bundle bundle) {
    return switch (bundle.getState()) {
      case Bundle.ACTIVE -> "active";
      case Bundle.STARTING -> "starting";
      case Bundle.STOPPING -> "stopping";
      case Bundle.RESOLVED -> "resolved";
      default -> "installed";
    };
  }

  private String problem(Bundle bundle) {
    List<String> words = new ArrayList<>();
    Optional.ofNullable(installer.problems().get(bundle.getSymbolicName())).ifPresent(words::add);
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    if (bundle.getState() == Bundle.INSTALLED && revision != null) {
      List<String> missing = requirements.missing(revision, Trial::is);
      if (!missing.isEmpty()) {
        return String.join("; ", missing);
      }
    } else if (words.isEmpty()
        && bundle.getState() == Bundle.RESOLVED
        && !Replacement.fragment(bundle)) {
      words.add(
          installer.shouldRun(bundle) ? "it does not start; the log says why" : "it is stopped");
    }
    components.troubles(List.of(bundle)).stream()
        .filter(Components.Trouble::failed)
        .forEach(trouble -> words.add(trouble.words()));
    return String.join("; ", words);
  }

  @Override
  public DeployedBundle deploy(Path jar) throws RefusedException, IOException {
    Candidate candidate = Candidate.read(jar, limits);
    return worker.call(() -> describe(installer.deploy(candidate)));
  }

  @Override
  public DeployedBundle start(String symbolicName) throws RefusedException {
    return unlessDiskFails(() -> worker.call(() -> describe(installer.start(symbolicName))));
  }

  @Override
  public DeployedBundle stop(String symbolicName) throws RefusedException {
    return unlessDiskFails(() -> worker.call(() -> describe(installer.stop(symbolicName))));
  }

  @FunctionalInterface
  private interface DiskCall<T> {
    T run() throws RefusedException, IOException;
  }

  private static <T> T unlessDiskFails(DiskCall<T> call) throws RefusedException {
    try {
      return call.run();
    } catch (IOException e) {
      throw new RefusedException("it could not be remembered on disk: " + e.getMessage());
    }
  }

  @Override
  public void remove(String symbolicName) throws RefusedException, IOException {
    worker.call(
        () -> {
          installer.remove(symbolicName);
          return true;
        });
  }

  // ---- how it fares

  @Override
  public List<Check> checks() {
    List<Check> checks = new ArrayList<>();
    int running = 0;
    Map<String, String> problems = new TreeMap<>(installer.problems());
    for (Bundle bundle : context.getBundles()) {
      if (Replacement.running(bundle)) {
        running++;
      } else if (installer.shouldRun(bundle)) {
        String name = bundle.getSymbolicName();
        problems.remove(name);
        checks.add(
            new Check(
                "bundle:" + name, State.CRITICAL, name + " does not run: " + problem(bundle)));
      }
    }
    signatures
        .problem()
        .ifPresent(words -> checks.add(new Check("trustedCertificates", State.CRITICAL, words)));
    problems.forEach((name, words) -> checks.add(new Check("bundle:" + name, State.WARN, words)));
    folder
        .problems()
        .forEach((file, words) -> checks.add(new Check("deploy/" + file, State.WARN, words)));
    for (Components.Trouble trouble : components.troubles(Arrays.asList(context.getBundles()))) {
      checks.add(
          new Check(
              "component:" + trouble.name().component(),
              trouble.failed() ? State.CRITICAL : State.WARN,
              "bundle " + trouble.symbolicName() + ": " + trouble.words()));
    }
    if (checks.isEmpty()) {
      checks.add(new Check("bundles", State.OK, running + " bundles run"));
    }
    return checks;
  }

  @Override
  public List<Sample> samples() {
    List<Sample> samples = new ArrayList<>(tally.samples());
    Map<String, Integer> states = new TreeMap<>();
    for (Bundle bundle : context.getBundles()) {
      states.merge(state(bundle).toLowerCase(Locale.ROOT), 1, Integer::sum);
    }
    states.forEach(
        (state, count) ->
            samples.add(
                Sample.gauge(
                    "patchbay_deployer_bundles",
                    "Bundles by state.",
                    Map.of("state", state),
                    count)));
    retained
        .counts()
        .forEach(
            (name, count) ->
                samples.add(
                    Sample.gauge(
                        "patchbay_deployer_retained_classloaders",
                        "Class loaders of replaced bundles that were not collected; one that stays"
                            + " after a garbage collection is a leak.",
                        Map.of("bundle", name),
                        count)));
    return samples;
  }
}
