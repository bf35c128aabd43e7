package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class SubscriptionsTest {
  private final Subscriptions both = Subscriptions.NONE.with("a/+", 1).with("+/b", 1);
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
    Subscriptions left = both.without("a/+").with("a/#", 1);
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
    Subscriptions same = Subscriptions.NONE.with("Aa", 1).with("BB", 1);
    assertThat(same.terms().values()).doesNotHaveDuplicates();
  }

  @Test
  void keepsIdentifierAndAgeWithAnotherQualityOfService() {
    Subscriptions changed = both.with("a/+", 0);
    assertThat(changed.contains("a/+", 1)).isFalse();
    assertThat(changed.contains("a/+", 0)).isTrue();
    assertThat(changed.terms().keySet()).containsExactly("a/+", "+/b");
    assertThat(changed.with("+/b", 0).surplus("a/b", List.of(older))).isFalse();
    assertThat(changed.with("+/b", 0).surplus("a/b", List.of(younger))).isTrue();
  }

  @Test
  void takesTheCopyOfTheHighestQualityOfService() {
    Subscriptions changed = both.with("a/+", 0);
    assertThat(changed.surplus("a/b", List.of(older))).isTrue();
    assertThat(changed.surplus("a/b", List.of(younger))).isFalse();
    assertThat(changed.surplus("a/c", List.of(older))).isFalse();
  }
}
