package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.itests.container.InHub;
import io.patchbay.operation.Documents;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;

@InHub
final class StartedHubTest {

  @Test
  void everyBundleOfTheDistributionRuns(BundleContext context) {
    List<String> idle =
        Arrays.stream(context.getBundles())
            .filter(bundle -> bundle.getHeaders("").get("Fragment-Host") == null)
            .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
            .map(Bundle::toString)
            .toList();

    assertThat(idle).isEmpty();
  }

  @Test
  void everyShippedProfileAndRouteIsInService(BundleContext context) throws Exception {
    List<Documents.Document> all = new ArrayList<>();
    for (ServiceReference<Documents> reference :
        context.getServiceReferences(Documents.class, null)) {
      all.addAll(context.getService(reference).list());
    }

    assertThat(all).hasSizeGreaterThan(5).allMatch(Documents.Document::shipped);
    // the simulator's profile waits for its bundle, which is not loaded
    assertThat(all)
        .filteredOn(document -> !document.id().equals("sim-sensor"))
        .allSatisfy(
            document -> {
              assertThat(document.state()).as(document.id()).isEqualTo("active");
              assertThat(document.findings()).as(document.id()).isEmpty();
            });
  }

  @Test
  void testsRunInsideTheHubAndSeeTheApiOfItsBundles(BundleContext context) throws Exception {
    assertThat(FrameworkUtil.getBundle(StartedHubTest.class)).isEqualTo(context.getBundle());
    assertThat(FrameworkUtil.getBundle(Documents.class).getSymbolicName())
        .isEqualTo("io.patchbay.api");
    assertThat(context.getServiceReferences(Documents.class, "(" + Documents.KIND + "=profile)"))
        .isNotEmpty();
  }
}
