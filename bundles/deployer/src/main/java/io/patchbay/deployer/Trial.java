package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.hooks.bundle.CollisionHook;
import org.osgi.framework.hooks.resolver.ResolverHook;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Resolves a bundle beside the running one, as if it had taken its place: nobody else can be wired
 * to it, and what the running one offers is hidden from it. The framework's own resolver judges, so
 * the judgement is the one that counts later.
 */
final class Trial {
  private static final String LOCATION = "patchbay-trial:";
  private static final AtomicLong COUNT = new AtomicLong();

  private final BundleContext context;
  private final Requirements requirements;

  Trial(BundleContext context) {
    this.context = context;
    this.requirements = new Requirements(context);
  }

  static boolean is(Bundle bundle) {
    return bundle.getLocation().startsWith(LOCATION);
  }

  /** Installs a bundle for a moment, beside the one of its name. */
  static Bundle beside(BundleContext context, Path jar) throws BundleException, IOException {
    try (InputStream in = Files.newInputStream(jar)) {
      return context.installBundle(LOCATION + COUNT.incrementAndGet(), in);
    }
  }

  /** Until unregistered, such a bundle may have the version of the one it stands beside. */
  static ServiceRegistration<CollisionHook> permitSameVersion(BundleContext context) {
    return context.registerService(
        CollisionHook.class,
        (type, target, others) -> {
          if (target.equals(context.getBundle())) {
            others.clear();
          } else {
            others.removeIf(Trial::is);
          }
        },
        null);
  }

  /** Removes what a crash may have left. */
  void clean() throws BundleException {
    for (Bundle bundle : context.getBundles()) {
      if (is(bundle)) {
        bundle.uninstall();
      }
    }
  }

  /**
   * @param running the bundle that it is to replace
   * @throws RefusedException saying in words what is missing
   */
  void check(Candidate candidate, Optional<Bundle> running) throws RefusedException, IOException {
    Bundle trial = null;
    ServiceRegistration<CollisionHook> collisions = permitSameVersion(context);
    ServiceRegistration<ResolverHookFactory> hooks =
        context.registerService(
            ResolverHookFactory.class, triggers -> new Curtain(running.orElse(null)), null);
    try {
      trial = beside(context, candidate.jar());
      judge(candidate, trial, running);
    } catch (BundleException e) {
      throw new RefusedException(
          candidate.title() + " is not accepted by the framework: " + e.getMessage());
    } finally {
      remove(trial);
      hooks.unregister();
      collisions.unregister();
    }
  }

  private void judge(Candidate candidate, Bundle trial, Optional<Bundle> running)
      throws RefusedException {
    FrameworkWiring framework = context.getBundle(0).adapt(FrameworkWiring.class);
    Predicate<Bundle> hidden =
        bundle -> bundle.equals(trial) || running.filter(bundle::equals).isPresent();
    BundleRevision revision = trial.adapt(BundleRevision.class);
    if (!framework.resolveBundles(Set.of(trial))) {
      List<String> missing = new ArrayList<>(requirements.missing(revision, hidden));
      if (missing.isEmpty()) {
        missing.add("does not resolve: " + resolverSays(trial));
      }
      throw new RefusedException(candidate.title() + " " + String.join("; it ", missing));
    }
    if (running.isPresent()) {
      List<String> broken = requirements.broken(running.get(), revision, trial::equals);
      if (!broken.isEmpty()) {
        throw new RefusedException(
            candidate.title() + " would break others: " + String.join("; ", broken));
      }
    }
  }

  /** Class loading is the one call that hands out the resolver's own words. */
  private static String resolverSays(Bundle trial) {
    try {
      trial.loadClass("io.patchbay.none");
      return "the resolver gives no reason";
    } catch (ClassNotFoundException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return String.valueOf(cause.getMessage());
    }
  }

  private static void remove(@Nullable Bundle trial) throws RefusedException {
    try {
      if (trial != null) {
        trial.uninstall();
      }
    } catch (BundleException e) {
      throw new RefusedException("the trial could not be removed: " + e.getMessage());
    }
  }

  /** Keeps the trial and the rest apart. */
  private record Curtain(@Nullable Bundle running) implements ResolverHook {
    @Override
    public void filterResolvable(Collection<BundleRevision> candidates) {
      // everything may be resolved
    }

    @Override
    public void filterSingletonCollisions(
        BundleCapability singleton, Collection<BundleCapability> others) {
      if (is(singleton.getRevision().getBundle())) {
        others.clear();
      } else {
        others.removeIf(other -> is(other.getRevision().getBundle()));
      }
    }

    @Override
    public void filterMatches(
        BundleRequirement requirement, Collection<BundleCapability> candidates) {
      boolean forTrial = is(requirement.getRevision().getBundle());
      candidates.removeIf(
          candidate -> {
            Bundle offering = candidate.getRevision().getBundle();
            return forTrial ? offering.equals(running) : is(offering);
          });
    }

    @Override
    public void end() {
      // nothing to give back
    }
  }
}
