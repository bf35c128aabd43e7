package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TopicFiltersTest {
  @ParameterizedTest
  @CsvSource({
    "a/b, a/b/c",
    "a/b, a",
    "a/b, a/+",
    "a/+, a/#",
    "a/+, a",
    "a/+, a/b/c",
    "+, #",
    "a/#, #",
    "a/#, +/b",
    "a/+/c, a/b/#",
    "a, A"
  })
  void doesNotCover(String rule, String filter) {
    assertThat(TopicFilters.covers(rule, filter)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, a/b",
    "a/+, a/b",
    "a/+, a/+",
    "a/+, a/",
    "a/#, a/b/c",
    "a/#, a",
    "a/#, a/+/c",
    "a/#, a/b/#",
    "#, #",
    "#, a/b",
    "#, /",
    "+/+, /a",
    "+/b, +/b"
  })
  void covers(String rule, String filter) {
    assertThat(TopicFilters.covers(rule, filter)).isTrue();
  }

  @Test
  void publishesToTheHubsTopicsOnlyWhereARuleNamesThem() {
    assertThat(TopicFilters.allowPublish(List.of("#", "+/#"), "patchbay/a")).isFalse();
    assertThat(TopicFilters.allowPublish(List.of("#"), "patchbay")).isFalse();
    assertThat(TopicFilters.allowPublish(List.of("#"), "patchbayx/a")).isTrue();
    assertThat(TopicFilters.allowPublish(List.of("patchbay/in/#"), "patchbay/in/a")).isTrue();
    assertThat(TopicFilters.allowSubscribe(List.of("#"), "patchbay/#")).isTrue();
  }

  @Test
  void keepsTheBrokersOwnTopicsClosed() {
    assertThat(TopicFilters.allowPublish(List.of("#", "$SYS/#"), "$SYS/a")).isFalse();
    assertThat(TopicFilters.allowSubscribe(List.of("#", "$SYS/#"), "$SYS/a")).isFalse();
    assertThat(TopicFilters.allowSubscribe(List.of("#"), "a::b")).isFalse();
    assertThat(TopicFilters.allowPublish(List.of("#"), "")).isFalse();
  }
}
