package io.patchbay.deployer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** How the declarative services of bundles fare. */
final class Components {
  private static final String CAUSED_BY = "Caused by: ";

  private final ServiceComponentRuntime runtime;

  Components(ServiceComponentRuntime runtime) {
    this.runtime = runtime;
  }

  /** A component of a bundle. */
  record Name(long bundle, String component) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int byBundle = Long.compare(bundle, other.bundle);
      return byBundle != 0 ? byBundle : component.compareTo(other.component);
    }
  }

  /**
   * A component that is not as it should be.
   *
   * @param failed whether its activation failed; otherwise it waits for a service
   */
  record Trouble(Name name, String symbolicName, boolean failed, String words) {}

  /** Those with a satisfied configuration. */
  Set<Name> satisfied(Collection<Bundle> bundles) {
    Set<Name> names = new TreeSet<>();
    for (ComponentDescriptionDTO description : descriptions(bundles)) {
      boolean satisfied =
          runtime.getComponentConfigurationDTOs(description).stream()
              .anyMatch(
                  configuration ->
                      configuration.state == ComponentConfigurationDTO.ACTIVE
                          || configuration.state == ComponentConfigurationDTO.SATISFIED);
      if (satisfied) {
        names.add(name(description));
      }
    }
    return names;
  }

  /** All that the bundles declare. */
  Set<Name> declared(Collection<Bundle> bundles) {
    Set<Name> names = new TreeSet<>();
    descriptions(bundles).forEach(description -> names.add(name(description)));
    return names;
  }

  /** Those whose activation failed, or that wait for a service. */
  List<Trouble> troubles(Collection<Bundle> bundles) {
    List<Trouble> troubles = new ArrayList<>();
    for (ComponentDescriptionDTO description : descriptions(bundles)) {
      for (ComponentConfigurationDTO configuration :
          runtime.getComponentConfigurationDTOs(description)) {
        String symbolicName = description.bundle.symbolicName;
        if (configuration.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
          String words =
              "component " + description.name + " failed: " + cause(configuration.failure);
          troubles.add(new Trouble(name(description), symbolicName, true, words));
        } else if (configuration.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
          String words =
              "component " + description.name + " waits for " + awaited(description, configuration);
          troubles.add(new Trouble(name(description), symbolicName, false, words));
        }
      }
    }
    return troubles;
  }

  private Collection<ComponentDescriptionDTO> descriptions(Collection<Bundle> bundles) {
    // An empty array would mean all bundles.
    return bundles.isEmpty()
        ? List.of()
        : runtime.getComponentDescriptionDTOs(bundles.toArray(new Bundle[0]));
  }

  private static Name name(ComponentDescriptionDTO description) {
    return new Name(description.bundle.id, description.name);
  }

  private static String awaited(
      ComponentDescriptionDTO description, ComponentConfigurationDTO configuration) {
    List<String> services = new ArrayList<>();
    for (UnsatisfiedReferenceDTO unsatisfied : configuration.unsatisfiedReferences) {
      Optional<ReferenceDTO> reference =
          Arrays.stream(description.references)
              .filter(candidate -> candidate.name.equals(unsatisfied.name))
              .findFirst();
      String service = reference.map(found -> found.interfaceName).orElse(unsatisfied.name);
      services.add(
          "service " + service + (unsatisfied.target == null ? "" : " with " + unsatisfied.target));
    }
    return String.join(" and ", services);
  }

  /** The last cause of a printed stack trace: the first ones only say that something was called. */
  static String cause(String trace) {
    String found = "";
    for (String line : trace.split("\\R", -1)) {
      if (line.startsWith(CAUSED_BY)) {
        found = line.substring(CAUSED_BY.length());
      } else if (found.isEmpty()) {
        found = line;
      }
    }
    return found;
  }
}
