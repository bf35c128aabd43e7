package io.patchbay.camel.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class SubscriptionsTest {
  private final Subscriptions both = Subscriptions.NONE.with("a/+").with("+/b");
  private final int older = Objects.requireNonNull(both.ids().get("a/+"));
  private final int younger = Objects.requireNonNull(both.ids().get("+/b"));

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
    Subscriptions left = both.without("a/+").with("a/#");
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
    Subscriptions same = Subscriptions.NONE.with("Aa").with("BB");
    assertThat(same.ids().values()).doesNotHaveDuplicates();
  }
}
