package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class SubscriptionsTest {
  private final Subscriptions both =
      Subscriptions.NONE.with(Map.of("a/+", 1)).with(Map.of("+/b", 1));
  private final int older = Objects.requireNonNull(both.terms().get("a/+")).id();
  private final int younger = Objects.requireNonNull(both.terms().get("+/b")).id();

  @Test
  void takesTheCopyOfTheOldestSubscription() {
    assertThat(both.surplus("a/b", List.of(older))).isFalse();
    assertThat(both.surplus("a/b", List.of(younger))).isTrue();
  }

  @Test
  void takesOneCopyThatNamesBoth() {
    assertThat(both.surplus("a/b", List.of(younger, older))).isFalse();
  }

  @Test
  void takesWhatOnlyTheYoungerMatches() {
    assertThat(both.surplus("c/b", List.of(younger))).isFalse();
  }

  @Test
  void takesWhatCameThroughASubscriptionThatIsGone() {
    Subscriptions left = both.without("a/+").with(Map.of("a/#", 1));
    assertThat(left.surplus("a/b", List.of(older))).isFalse();
    assertThat(left.surplus("a/b", List.of(younger))).isFalse();
  }

  @Test
  void takesWhatHasNoIdentifier() {
    assertThat(both.surplus("a/b", List.of())).isFalse();
  }

  @Test
  void givesEachItsOwnIdentifier() {
    // "Aa" and "BB" have the same hash
    Subscriptions same = Subscriptions.NONE.with(Map.of("Aa", 1)).with(Map.of("BB", 1));
    assertThat(same.terms().values()).doesNotHaveDuplicates();
  }

  @Test
  void keepsIdentifierAndAgeWithAnotherQualityOfService() {
    Subscriptions changed = both.with(Map.of("a/+", 0));
    assertThat(changed.contains("a/+", 1)).isFalse();
    assertThat(changed.contains("a/+", 0)).isTrue();
    assertThat(changed.terms().keySet()).containsExactly("a/+", "+/b");
    assertThat(changed.with(Map.of("+/b", 0)).surplus("a/b", List.of(older))).isFalse();
    assertThat(changed.with(Map.of("+/b", 0)).surplus("a/b", List.of(younger))).isTrue();
  }

  @Test
  void takesTheCopyOfTheHighestQualityOfService() {
    Subscriptions changed = both.with(Map.of("a/+", 0));
    assertThat(changed.surplus("a/b", List.of(older))).isTrue();
    assertThat(changed.surplus("a/b", List.of(younger))).isFalse();
    assertThat(changed.surplus("a/c", List.of(older))).isFalse();
  }

  @Test
  void putsManyFiltersIntoFewPackets() {
    Subscriptions many = Subscriptions.NONE.with(filters(80));
    assertThat(many.terms()).hasSize(80);
    assertThat(ids(many)).hasSize(10);
  }

  @Test
  void neverPutsFiltersTogetherThatMatchOneMessage() {
    Subscriptions overlapping =
        Subscriptions.NONE.with(new TreeMap<>(Map.of("a/+", 1, "+/b", 1, "c", 1)));
    int second = Objects.requireNonNull(overlapping.terms().get("a/+")).id();
    int first = Objects.requireNonNull(overlapping.terms().get("+/b")).id();
    assertThat(first).isNotEqualTo(second);
    assertThat(Objects.requireNonNull(overlapping.terms().get("c")).id()).isEqualTo(first);
    // oldest first: packet after packet
    assertThat(overlapping.terms().keySet()).containsExactly("+/b", "c", "a/+");
    assertThat(overlapping.surplus("a/b", List.of(first))).isFalse();
    assertThat(overlapping.surplus("a/b", List.of(second))).isTrue();
    assertThat(overlapping.surplus("c", List.of(first))).isFalse();
  }

  @Test
  void addsNothingToAPacketThatWasSent() {
    Subscriptions more = Subscriptions.NONE.with(Map.of("a", 1)).with(Map.of("b", 1));
    assertThat(ids(more)).hasSize(2);
  }

  @Test
  void takesTheCopyOfTheOldestWhenIdentifiersAreShared() {
    Subscriptions older = Subscriptions.NONE.with(new TreeMap<>(Map.of("a/+", 1, "b/+", 1)));
    Subscriptions all = older.with(new TreeMap<>(Map.of("+/x", 1, "c", 1)));
    int young = Objects.requireNonNull(all.terms().get("+/x")).id();
    assertThat(all.surplus("a/x", List.of(young))).isTrue();
    assertThat(all.surplus("b/x", List.of(young))).isTrue();
    assertThat(all.surplus("d/x", List.of(young))).isFalse();
    assertThat(all.surplus("c", List.of(young))).isFalse();
  }

  private static SortedMap<String, Integer> filters(int count) {
    SortedMap<String, Integer> filters = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      filters.put("device" + i + "/+", 1);
    }
    return filters;
  }

  private static Set<Integer> ids(Subscriptions of) {
    return of.terms().values().stream().map(Subscriptions.Terms::id).collect(Collectors.toSet());
  }
}
