package io.patchbay.deployer;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.BundleNamespace;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.HostNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWire;
import org.osgi.framework.wiring.BundleWiring;

/** Says in words what keeps a bundle from being resolved. */
final class Requirements {
  private static final Pattern AT_LEAST = Pattern.compile("(?<!!\\()\\(?version>=([^)]+)\\)");
  private static final Pattern BELOW = Pattern.compile("!\\(version>=([^)]+)\\)");
  private static final Pattern AT_MOST = Pattern.compile("\\(version<=([^)]+)\\)");
  private static final int MAX_DEPTH = 4;

  private final BundleContext context;

  Requirements(BundleContext context) {
    this.context = context;
  }

  /**
   * What {@code revision} needs and nobody offers; empty when everything is offered.
   *
   * @param ignored bundles that do not count as offering something
   */
  List<String> missing(BundleRevision revision, Predicate<Bundle> ignored) {
    return missing(revision, ignored, new HashSet<>(), 0);
  }

  private List<String> missing(
      BundleRevision revision, Predicate<Bundle> ignored, Set<BundleRevision> seen, int depth) {
    List<String> words = new ArrayList<>();
    if (!seen.add(revision) || depth > MAX_DEPTH) {
      return words;
    }
    for (BundleRequirement requirement : revision.getDeclaredRequirements(null)) {
      if (!mandatory(requirement)) {
        continue;
      }
      List<BundleRevision> offering = offering(requirement, revision, ignored);
      if (offering.isEmpty()) {
        words.add("needs " + describe(requirement) + "; " + offered(requirement, ignored));
      } else if (offering.stream().noneMatch(other -> other.getWiring() != null)) {
        BundleRevision other = offering.get(0);
        List<String> behind = missing(other, ignored, seen, depth + 1);
        if (!behind.isEmpty()) {
          words.add(
              "needs "
                  + describe(requirement)
                  + " of bundle "
                  + other.getSymbolicName()
                  + ", which itself "
                  + String.join(", and ", behind));
        }
      }
    }
    return words;
  }

  /**
   * What others take from {@code old} that neither {@code fresh} nor anybody else offers.
   *
   * @param ignored bundles that do not count as offering something, beside the old one
   */
  List<String> broken(Bundle old, BundleRevision fresh, Predicate<Bundle> ignored) {
    BundleWiring wiring = old.adapt(BundleWiring.class);
    List<String> words = new ArrayList<>();
    if (wiring == null) {
      return words;
    }
    Predicate<Bundle> gone = bundle -> bundle.equals(old) || ignored.test(bundle);
    for (BundleWire wire : wiring.getProvidedWires(null)) {
      BundleRequirement requirement = wire.getRequirement();
      Bundle user = wire.getRequirer().getBundle();
      if (user.equals(old)
          || !mandatory(requirement)
          || requirement.getNamespace().equals(HostNamespace.HOST_NAMESPACE)
          || offers(fresh, requirement)
          || !offering(requirement, wire.getRequirer(), gone).isEmpty()) {
        continue;
      }
      words.add(
          "bundle "
              + user.getSymbolicName()
              + " needs "
              + describe(requirement)
              + ", which version "
              + fresh.getVersion()
              + " does not offer");
    }
    return words;
  }

  private static boolean mandatory(BundleRequirement requirement) {
    String effective = requirement.getDirectives().get(Constants.EFFECTIVE_DIRECTIVE);
    String resolution = requirement.getDirectives().get(Constants.RESOLUTION_DIRECTIVE);
    return (effective == null || effective.equals(Constants.EFFECTIVE_RESOLVE))
        && !Constants.RESOLUTION_OPTIONAL.equals(resolution)
        && !"dynamic".equals(resolution);
  }

  private List<BundleRevision> offering(
      BundleRequirement requirement, BundleRevision own, Predicate<Bundle> ignored) {
    List<BundleRevision> offering = new ArrayList<>();
    if (offers(own, requirement)) {
      offering.add(own);
    }
    for (Bundle bundle : context.getBundles()) {
      BundleRevision revision = bundle.adapt(BundleRevision.class);
      if (revision != null && !ignored.test(bundle) && offers(revision, requirement)) {
        offering.add(revision);
      }
    }
    return offering;
  }

  private static boolean offers(BundleRevision revision, BundleRequirement requirement) {
    return revision.getDeclaredCapabilities(requirement.getNamespace()).stream()
        .anyMatch(requirement::matches);
  }

  private String offered(BundleRequirement requirement, Predicate<Bundle> ignored) {
    String namespace = requirement.getNamespace();
    if (namespace.equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE)) {
      return "this is Java " + Runtime.version().feature();
    }
    String wanted = attribute(filter(requirement), namespace);
    List<String> others = new ArrayList<>();
    for (Bundle bundle : context.getBundles()) {
      BundleRevision revision = bundle.adapt(BundleRevision.class);
      if (revision == null || ignored.test(bundle)) {
        continue;
      }
      for (BundleCapability capability : revision.getDeclaredCapabilities(namespace)) {
        if (wanted.equals(String.valueOf(capability.getAttributes().get(namespace)))) {
          Object version = capability.getAttributes().get(versionKey(namespace));
          others.add(
              (version == null ? "without version" : version)
                  + " by "
                  + revision.getSymbolicName());
        }
      }
    }
    return others.isEmpty() ? "nothing offers it" : "offered: " + String.join(", ", others);
  }

  private static String versionKey(String namespace) {
    return namespace.equals(BundleNamespace.BUNDLE_NAMESPACE) ? "bundle-version" : "version";
  }

  /** {@code package x.y version [1.0.0,2.0.0)} */
  static String describe(BundleRequirement requirement) {
    String namespace = requirement.getNamespace();
    String filter = filter(requirement);
    String name = attribute(filter, namespace);
    if (namespace.equals(PackageNamespace.PACKAGE_NAMESPACE)) {
      return "package " + name + range(filter);
    } else if (namespace.equals(BundleNamespace.BUNDLE_NAMESPACE)) {
      return "bundle " + name + range(filter.replace("bundle-version", "version"));
    } else if (namespace.equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE)) {
      return "Java " + (filter.contains("version=") ? attribute(filter, "version") : filter);
    }
    return "capability " + namespace + (name.isEmpty() ? " " + filter : " " + name + range(filter));
  }

  private static String filter(BundleRequirement requirement) {
    return requirement.getDirectives().getOrDefault(Constants.FILTER_DIRECTIVE, "");
  }

  private static String attribute(String filter, String key) {
    Matcher matcher = Pattern.compile("\\(" + Pattern.quote(key) + "=([^)]*)\\)").matcher(filter);
    return matcher.find() ? matcher.group(1) : "";
  }

  private static String range(String filter) {
    Matcher below = BELOW.matcher(filter);
    Matcher most = AT_MOST.matcher(filter);
    Matcher least = AT_LEAST.matcher(filter);
    String from = least.find() ? least.group(1) : "";
    if (below.find()) {
      return " version [" + (from.isEmpty() ? "0" : from) + "," + below.group(1) + ")";
    } else if (most.find()) {
      return " version [" + (from.isEmpty() ? "0" : from) + "," + most.group(1) + "]";
    }
    return from.isEmpty() || from.equals(Version.emptyVersion.toString())
        ? ""
        : " version " + from + " or later";
  }
}
