package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class StartLevelsTest {
  private final StartLevels levels = new StartLevels();

  @Test
  void configurationComesBeforeEverythingConfigured() {
    assertThat(levels.of("io.patchbay.runtime"))
        .isGreaterThan(levels.of("org.apache.felix.configadmin"))
        .isLessThan(levels.of("org.apache.felix.http.jetty12"))
        .isLessThan(levels.of("org.apache.felix.scr"));
  }

  @Test
  void whatTakesFromOutsideStartsAfterAndStopsBeforeWhatKeeps() {
    assertThat(levels.of("io.patchbay.binding.mqtt"))
        .isGreaterThan(levels.of("io.patchbay.core"))
        .isEqualTo(levels.of("io.patchbay.binding.sim"));
    assertThat(levels.of("io.patchbay.core"))
        .isGreaterThan(levels.of("io.patchbay.journal.sqlite"));
  }

  /** The broker works on subscriptions for longer than the API takes to come up. */
  @Test
  void subscriptionsAreAskedForBeforeTheApiStarts() {
    assertThat(levels.of("io.patchbay.northbound.rest"))
        .isGreaterThan(levels.of("io.patchbay.binding.mqtt"))
        .isLessThan(levels.of("org.apache.felix.fileinstall"));
  }

  @Test
  void theFoldersAreLookedIntoLast() {
    assertThat(levels.of("org.apache.felix.fileinstall"))
        .isGreaterThan(levels.of("io.patchbay.deployer"))
        .isGreaterThan(levels.of("io.patchbay.routes"))
        .isLessThanOrEqualTo(
            Integer.parseInt(
                FrameworkSettings.load("framework.properties")
                    .getProperty("org.osgi.framework.startlevel.beginning", "0")));
  }
}
