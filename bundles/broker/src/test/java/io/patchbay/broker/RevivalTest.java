package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RevivalTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final List<Long> pauses = new ArrayList<>();
  private int stopAfter = Integer.MAX_VALUE;
  private final Revival revival =
      new Revival(
          length -> {
            pauses.add(length.toSeconds());
            return pauses.size() > stopAfter;
          });

  private Optional<String> begin(Duration lasted, int failures) throws InterruptedException {
    int[] left = {failures};
    return revival.begin(
        lasted, () -> true, () -> left[0]-- > 0 ? Optional.empty() : Optional.of("broker"));
  }

  @Test
  void triesEverMoreSlowlyWhileItDoesNotStart() throws Exception {
    assertThat(begin(LONG, 8)).contains("broker");
    assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
  }

  @Test
  void triesEverMoreSlowlyWhileWhatStartedEndsAtOnce() throws Exception {
    for (Duration lasted : List.of(LONG, Duration.ZERO, Duration.ofSeconds(5), LONG)) {
      assertThat(begin(lasted, 0)).contains("broker");
    }
    assertThat(pauses).containsExactly(1L, 2L, 4L, 1L);
  }

  @Test
  void looksForRoomEverySecondAndStartsNothingBefore() throws Exception {
    Deque<Boolean> room = new ArrayDeque<>(List.of(false, false, false, true));
    assertThat(revival.begin(LONG, room::remove, () -> Optional.of("broker"))).contains("broker");
    assertThat(pauses).containsExactly(1L, 1L, 1L, 1L);
  }

  @Test
  void endsWhenItIsToldTo() throws Exception {
    stopAfter = 2;
    assertThat(begin(LONG, 100)).isEmpty();
    assertThat(pauses).containsExactly(1L, 2L, 4L);
  }
}
