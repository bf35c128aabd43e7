package io.patchbay.routes;

import java.util.Arrays;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleRevision;

/** Says which bundle would bring a Camel component. */
final class MissingComponent {
  private static final String CAPABILITY = "camel.component";

  private final BundleContext context;

  MissingComponent(BundleContext context) {
    this.context = context;
  }

  String inWords(String component) {
    Optional<Bundle> bundle =
        Arrays.stream(context.getBundles()).filter(each -> brings(each, component)).findFirst();
    return bundle
        .map(
            there ->
                "the component '"
                    + component
                    + "' is missing: the bundle '"
                    + there.getSymbolicName()
                    + "' brings it and is not started")
        .orElseGet(() -> absent(component));
  }

  /** Of one that no bundle brings. */
  static String absent(String component) {
    return "the component '"
        + component
        + "' is missing: put a bundle that brings it (Provide-Capability:"
        + " camel.component;camel.component="
        + component
        + ") into deploy/";
  }

  private static boolean brings(Bundle bundle, String component) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision != null
        && revision.getDeclaredCapabilities(CAPABILITY).stream()
            .anyMatch(each -> component.equals(each.getAttributes().get(CAPABILITY)));
  }
}
