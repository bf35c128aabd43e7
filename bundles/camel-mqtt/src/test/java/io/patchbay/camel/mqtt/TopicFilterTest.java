package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, clause 4.7. */
final class TopicFilterTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "a#", "#/a", "a/#/b", "a/b+", "+a", "a\nb"})
  void refusesWhatIsNoFilter(String text) {
    assertThatThrownBy(() -> TopicFilter.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "a/b,a/b,true",
    "a/+,a/b,true",
    "a/+,a/b/c,false",
    "a/+,a,false",
    "a/#,a,true",
    "a/#,a/b/c,true",
    "#,a/b,true",
    "+/+,/a,true",
    "+,a/b,false",
    "#,$SYS/x,false",
    "+/x,$SYS/x,false",
    "$SYS/#,$SYS/x,true",
    "a/b,a/bc,false",
    "a/bc,a/b,false"
  })
  void matchesTopics(String filter, String topic, boolean expected) {
    assertThat(TopicFilter.of(filter).matches(topic)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "a/#,a/b,true",
    "a/#,a,true",
    "a/#,a/+/c,true",
    "a/+,a/b,true",
    "a/b,a/+,false",
    "a/+,a/#,false",
    "+/b,a/b,true",
    "+/b,a/+,false",
    "#,$SYS/#,false",
    "#,+/b,true",
    "a/+/c,a/b/+,false"
  })
  void coversFilters(String filter, String other, boolean expected) {
    assertThat(TopicFilter.of(filter).covers(TopicFilter.of(other))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "a/+,+/b,true",
    "a/+,b/+,false",
    "a/#,+/b/c,true",
    "a/+,a/b/c,false",
    "#,$SYS/x,false",
    "a/#,a,true"
  })
  void knowsOverlap(String filter, String other, boolean expected) {
    assertThat(TopicFilter.of(filter).overlaps(TopicFilter.of(other))).isEqualTo(expected);
    assertThat(TopicFilter.of(other).overlaps(TopicFilter.of(filter))).isEqualTo(expected);
  }

  @Test
  void leavesOutWhatIsCovered() {
    assertThat(
            TopicFilter.cover(Map.of("a/b", 1, "a/+", 1, "a/b/c", 1, "x/#", 1, "x", 1, "x/y/+", 1)))
        .containsExactly(entry("a/+", 1), entry("a/b/c", 1), entry("x/#", 1));
  }

  @Test
  void givesTheHighestQualityOfServiceThatOneOfTheCoveredNeeds() {
    assertThat(
            TopicFilter.cover(Map.of("a/b", 1, "a/+", 0, "b/#", 1, "b/c", 0, "+/d/e", 0, "f", 0)))
        .containsExactly(entry("+/d/e", 0), entry("a/+", 1), entry("b/#", 1), entry("f", 0));
  }
}
