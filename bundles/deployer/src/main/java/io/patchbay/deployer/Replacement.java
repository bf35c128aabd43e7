package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts one bundle in the place of another and back again when the new one does not come up. Used on
 * the deployer's thread only.
 */
final class Replacement {
  private static final Logger LOG = LoggerFactory.getLogger(Replacement.class);
  private static final Duration REFRESH = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final BundleContext context;
  private final Components components;
  private final RetainedLoaders retained;
  private final Duration patience;

  Replacement(
      BundleContext context, Components components, RetainedLoaders retained, Duration patience) {
    this.context = context;
    this.components = components;
    this.retained = retained;
    this.patience = patience;
  }

  /** What stood before and has to stand again. */
  private record Standing(Set<Bundle> active, Set<Components.Name> satisfied) {}

  /**
   * Installs a bundle that was not there.
   *
   * @param start whether it is started, too
   */
  Bundle install(Candidate candidate, String location, boolean start)
      throws RefusedException, IOException {
    Bundle bundle;
    try (InputStream in = Files.newInputStream(candidate.jar())) {
      bundle = context.installBundle(location, in);
    } catch (BundleException e) {
      throw new RefusedException(candidate.title() + " cannot be installed: " + words(e));
    }
    Optional<String> failure =
        start ? comeUp(bundle, new Standing(Set.of(), Set.of())) : Optional.empty();
    if (failure.isPresent()) {
      uninstall(bundle);
      throw new RefusedException(
          candidate.title() + " did not come up and was removed again: " + failure.get());
    }
    return bundle;
  }

  /**
   * Updates a bundle in place. Where both say that they can run side by side, a stand-in made of
   * the new jar takes over first and goes when the updated bundle runs: nothing is away meanwhile,
   * and a jar that does not come up never stops the one that runs.
   *
   * @param previous what comes back when the new one does not come up
   * @param start whether it is started, too
   * @return how long the bundle was away
   */
  Duration update(Bundle bundle, Candidate candidate, Path previous, boolean start)
      throws RefusedException, IOException {
    boolean alone = framework().getDependencyClosure(Set.of(bundle)).size() == 1;
    return start
            && alone
            && running(bundle)
            && candidate.overlapping()
            && Candidate.overlapping(bundle)
        ? overlap(bundle, candidate, previous)
        : exchange(bundle, candidate, previous, start);
  }

  private Duration overlap(Bundle bundle, Candidate candidate, Path previous)
      throws RefusedException, IOException {
    ServiceRegistration<CollisionHook> collisions = Trial.permitSameVersion(context);
    Bundle standIn;
    try {
      standIn = Trial.beside(context, candidate.jar());
    } catch (BundleException e) {
      collisions.unregister();
      throw new RefusedException(candidate.title() + " cannot be installed: " + words(e));
    }
    try {
      Optional<String> failure = standIn(bundle, standIn);
      if (failure.isPresent()) {
        throw new RefusedException(
            "%s did not come up: %s; %s %s never stopped"
                .formatted(
                    candidate.title(),
                    failure.get(),
                    bundle.getSymbolicName(),
                    bundle.getVersion()));
      }
      Duration unused = exchange(bundle, candidate, previous, true);
      return Duration.ZERO;
    } finally {
      uninstall(standIn);
      collisions.unregister();
    }
  }

  /**
   * Starts the stand-in, until the next start of the hub at most; why it does not run, in words.
   */
  private Optional<String> standIn(Bundle bundle, Bundle standIn) {
    try {
      standIn.start(Bundle.START_TRANSIENT);
    } catch (BundleException | IllegalStateException e) {
      return Optional.of(words(e));
    }
    Set<Components.Name> expected = new HashSet<>();
    for (Components.Name name : components.satisfied(Set.of(bundle))) {
      expected.add(new Components.Name(standIn.getBundleId(), name.component()));
    }
    expected.retainAll(components.declared(Set.of(standIn)));
    return await(standIn, Set.of(standIn), expected);
  }

  private Duration exchange(Bundle bundle, Candidate candidate, Path previous, boolean start)
      throws RefusedException, IOException {
    String before = bundle.getSymbolicName() + " " + bundle.getVersion();
    Standing standing = standing(bundle);
    long from = System.nanoTime();
    Optional<String> failure = swap(bundle, candidate.jar(), standing, start);
    if (failure.isEmpty()) {
      return Duration.ofNanos(System.nanoTime() - from);
    }
    LOG.warn("{} did not come up, {} comes back: {}", candidate.title(), before, failure.get());
    boolean ran = standing.active().contains(bundle);
    Optional<String> again = swap(bundle, previous, standing, ran);
    throw new RefusedException(
        candidate.title()
            + " did not come up: "
            + failure.get()
            + "; "
            + before
            + again
                .map(why -> " was put back but did not come up either: " + why)
                .orElse(ran ? " runs again" : " is back"));
  }

  private Standing standing(Bundle bundle) {
    Set<Bundle> active = new HashSet<>();
    for (Bundle one : framework().getDependencyClosure(Set.of(bundle))) {
      if (running(one)) {
        active.add(one);
      }
    }
    return new Standing(active, components.satisfied(active));
  }

  private Optional<String> swap(Bundle bundle, Path jar, Standing standing, boolean start)
      throws IOException {
    try (InputStream in = Files.newInputStream(jar)) {
      retained.watch(bundle);
      bundle.stop(Bundle.STOP_TRANSIENT);
      bundle.update(in);
      refresh(Set.of(bundle));
      return start ? comeUp(bundle, standing) : Optional.empty();
    } catch (BundleException e) {
      return Optional.of(words(e));
    }
  }

  /** Starts it and waits until everything stands that should; what does not, in words. */
  private Optional<String> comeUp(Bundle bundle, Standing standing) {
    Optional<String> started = start(bundle);
    if (started.isPresent()) {
      return started;
    }
    for (Bundle other : standing.active()) {
      Optional<String> back = running(other) ? Optional.empty() : start(other);
      if (back.isPresent()) {
        return Optional.of(
            "bundle "
                + other.getSymbolicName()
                + ", which uses it, did not come back: "
                + back.get());
      }
    }
    Set<Bundle> concerned = new HashSet<>(standing.active());
    concerned.add(bundle);
    Set<Components.Name> expected = new HashSet<>(standing.satisfied());
    expected.retainAll(components.declared(concerned));
    return await(bundle, concerned, expected);
  }

  private Optional<String> await(
      Bundle bundle, Set<Bundle> concerned, Set<Components.Name> expected) {
    long until = System.nanoTime() + patience.toNanos();
    while (true) {
      List<Components.Trouble> troubles = components.troubles(concerned);
      Optional<String> failed =
          troubles.stream()
              .filter(Components.Trouble::failed)
              .filter(
                  trouble ->
                      trouble.name().bundle() == bundle.getBundleId()
                          || expected.contains(trouble.name()))
              .map(Components.Trouble::words)
              .findFirst();
      if (failed.isPresent()) {
        return failed;
      }
      Set<Components.Name> missing = new HashSet<>(expected);
      missing.removeAll(components.satisfied(concerned));
      if (missing.isEmpty()) {
        return Optional.empty();
      }
      if (System.nanoTime() > until) {
        List<String> words = new ArrayList<>();
        missing.forEach(name -> words.add(waiting(name, troubles)));
        return Optional.of(
            String.join("; ", words) + ", still after " + patience.toSeconds() + " s");
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  private static String waiting(Components.Name name, List<Components.Trouble> troubles) {
    return troubles.stream()
        .filter(trouble -> trouble.name().equals(name))
        .map(Components.Trouble::words)
        .findFirst()
        .orElse("component " + name.component() + " is not satisfied");
  }

  /** Starts a bundle for good; why not, in words. */
  Optional<String> start(Bundle bundle) {
    try {
      bundle.start(Bundle.START_ACTIVATION_POLICY);
      return Optional.empty();
    } catch (BundleException | IllegalStateException e) {
      return Optional.of(words(e));
    }
  }

  /** Stops a bundle for good and lets go of its classes; it stays installed. */
  void release(Bundle bundle) throws RefusedException {
    try {
      retained.watch(bundle);
      bundle.stop();
      refresh(Set.of(bundle));
    } catch (BundleException e) {
      throw new RefusedException(bundle.getSymbolicName() + " failed to stop: " + words(e));
    }
  }

  /** Stops and removes a bundle; those that used it are refreshed. */
  void uninstall(Bundle bundle) throws RefusedException {
    try {
      retained.watch(bundle);
      bundle.stop(Bundle.STOP_TRANSIENT);
      bundle.uninstall();
      refresh(Set.of(bundle));
    } catch (BundleException e) {
      throw new RefusedException(bundle.getSymbolicName() + " cannot be removed: " + words(e));
    }
  }

  private void refresh(Collection<Bundle> bundles) throws BundleException {
    CountDownLatch refreshed = new CountDownLatch(1);
    framework().refreshBundles(bundles, event -> refreshed.countDown());
    try {
      if (!refreshed.await(REFRESH.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new BundleException(
            "the framework did not finish refreshing within " + REFRESH.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BundleException("the deployer is being stopped", e);
    }
  }

  private FrameworkWiring framework() {
    return context.getBundle(0).adapt(FrameworkWiring.class);
  }

  /** Active, or lazily so. */
  static boolean running(Bundle bundle) {
    return bundle.getState() == Bundle.ACTIVE || bundle.getState() == Bundle.STARTING;
  }

  static boolean fragment(Bundle bundle) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision != null && (revision.getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
  }

  /** The innermost cause: what a bundle's own code or the framework said. */
  static String words(Throwable problem) {
    Throwable cause = problem;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    if (cause instanceof BundleException && message != null) {
      return message;
    }
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
