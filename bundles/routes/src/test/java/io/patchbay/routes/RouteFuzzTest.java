package io.patchbay.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Finding;
import io.patchbay.testkit.FuzzSeeds;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever lies in a route file is a list for Camel to read, or refused with a finding. */
public final class RouteFuzzTest {
  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    RouteSource source = new RouteSource("fuzz", "fuzz.camel.yaml", text, false);
    assertThat(source.title()).isNotBlank();
    assertThat(source.version()).isNotBlank();
    for (Finding finding : RouteShape.of(source).findings()) {
      assertThat(finding.message()).isNotBlank();
    }
  }

  @TestFactory
  Stream<DynamicTest> readsOrRefuses() {
    return FuzzSeeds.tests(getClass(), RouteFuzzTest::fuzzerTestOneInput);
  }
}
