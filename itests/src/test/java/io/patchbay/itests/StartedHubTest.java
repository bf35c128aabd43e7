package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.itests.container.InHub;
import io.patchbay.operation.Documents;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;

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
  void testsRunInsideTheHubAndSeeTheApiOfItsBundles(BundleContext context) throws Exception {
    assertThat(FrameworkUtil.getBundle(StartedHubTest.class)).isEqualTo(context.getBundle());
    assertThat(FrameworkUtil.getBundle(Documents.class).getSymbolicName())
        .isEqualTo("io.patchbay.api");
    assertThat(context.getServiceReferences(Documents.class, "(" + Documents.KIND + "=profile)"))
        .isNotEmpty();
  }
}
