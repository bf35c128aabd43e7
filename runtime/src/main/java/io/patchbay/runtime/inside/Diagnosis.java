package io.patchbay.runtime.inside;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/** Says in words why bundles and components did not come up, causes before consequences. */
final class Diagnosis implements Supplier<String> {
  private static final int MAX_SENTENCES = 12;

  private final BundleContext context;

  Diagnosis(BundleContext context) {
    this.context = context;
  }

  @Override
  public String get() {
    List<String> sentences = new ArrayList<>();
    bundles(sentences);
    ServiceReference<ServiceComponentRuntime> reference =
        context.getServiceReference(ServiceComponentRuntime.class);
    if (reference == null) {
      sentences.add("Declarative Services are not running.");
    } else {
      components(context.getService(reference), sentences);
    }
    if (sentences.isEmpty()) {
      return "All bundles and components are up: what is missing is late.";
    }
    int more = sentences.size() - MAX_SENTENCES;
    return String.join(" ", sentences.subList(0, Math.min(MAX_SENTENCES, sentences.size())))
        + (more > 0 ? " (" + more + " more.)" : "");
  }

  private void bundles(List<String> sentences) {
    for (Bundle bundle : context.getBundles()) {
      boolean fragment = bundle.getHeaders("").get("Fragment-Host") != null;
      boolean wanted =
          bundle
              .adapt(org.osgi.framework.startlevel.BundleStartLevel.class)
              .isPersistentlyStarted();
      if (fragment || !wanted || bundle.getState() == Bundle.ACTIVE) {
        continue;
      }
      if (bundle.getState() == Bundle.STARTING) {
        sentences.add("Bundle " + bundle.getSymbolicName() + " is still starting.");
        continue;
      }
      try {
        bundle.start(Bundle.START_TRANSIENT);
      } catch (BundleException failed) {
        sentences.add(
            "Bundle " + bundle.getSymbolicName() + " does not start: " + firstLine(failed) + ".");
      }
    }
  }

  private static void components(ServiceComponentRuntime runtime, List<String> sentences) {
    List<ComponentConfigurationDTO> failed = new ArrayList<>();
    List<ComponentConfigurationDTO> unsatisfied = new ArrayList<>();
    Set<String> withheld = new HashSet<>();
    for (ComponentDescriptionDTO description : runtime.getComponentDescriptionDTOs()) {
      for (ComponentConfigurationDTO component :
          runtime.getComponentConfigurationDTOs(description)) {
        if (component.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
          failed.add(component);
        } else if (component.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE
            || component.state == ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION) {
          unsatisfied.add(component);
        } else {
          continue;
        }
        withheld.addAll(List.of(description.serviceInterfaces));
      }
    }
    for (ComponentConfigurationDTO component : failed) {
      sentences.add(component.description.name + " failed: " + cause(component.failure) + ".");
    }
    List<String> consequences = new ArrayList<>();
    for (ComponentConfigurationDTO component : unsatisfied) {
      explain(component, withheld, sentences, consequences);
    }
    sentences.addAll(consequences);
  }

  private static void explain(
      ComponentConfigurationDTO component,
      Set<String> withheld,
      List<String> causes,
      List<String> consequences) {
    String name = component.description.name;
    if (component.state == ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION) {
      causes.add(
          name
              + " waits for the configuration "
              + String.join(", ", component.description.configurationPid)
              + ".");
      return;
    }
    for (UnsatisfiedReferenceDTO missing : component.unsatisfiedReferences) {
      String service = interfaceOf(component.description, missing.name);
      String target = missing.target == null ? "" : " " + missing.target;
      (withheld.contains(service) ? consequences : causes)
          .add(name + " waits for " + service + target + ".");
    }
  }

  private static String interfaceOf(ComponentDescriptionDTO description, String reference) {
    for (ReferenceDTO candidate : description.references) {
      if (candidate.name.equals(reference)) {
        return candidate.interfaceName;
      }
    }
    return reference;
  }

  /** The innermost cause of a stack trace in text. */
  private static String cause(String trace) {
    String cause = trace == null ? "no reason given" : trace.lines().findFirst().orElse("");
    if (trace != null) {
      for (String line : trace.lines().toList()) {
        if (line.startsWith("Caused by: ")) {
          cause = line.substring("Caused by: ".length());
        }
      }
    }
    return cause.strip();
  }

  private static String firstLine(BundleException failed) {
    Throwable root = failed;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage()).lines().findFirst().orElse("").strip();
  }
}
