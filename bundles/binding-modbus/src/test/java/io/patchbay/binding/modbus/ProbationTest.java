package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Which dead unit of a connection may be tried. */
final class ProbationTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1); // monotonic, and it overflows
  private final Probation probation = new Probation(now::get);

  private void pass(long millis) {
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  @Test
  void severalDeadUnitsTakeAFifthOfTheTime() {
    assertThat(probation.begin(1)).isTrue();
    assertThat(probation.begin(2)).isFalse();
    pass(200);
    probation.end(false);
    pass(799);
    assertThat(probation.begin(2)).isFalse();
    pass(1);
    assertThat(probation.begin(2)).isTrue();
  }

  @Test
  void oneAloneIsTriedAsOftenAsItWants() {
    assertThat(probation.begin(1)).isTrue();
    pass(1_000);
    probation.end(false);
    assertThat(probation.begin(1)).isTrue();
  }

  @Test
  void unitsThatAnswerAgainFollowAtOnce() {
    assertThat(probation.begin(1)).isTrue();
    pass(5);
    probation.end(true);
    assertThat(probation.begin(2)).isTrue();
  }

  @Test
  void aLongSilenceKeepsTheOthersTenSecondsAtMost() {
    assertThat(probation.begin(1)).isTrue();
    pass(60_000);
    probation.end(false);
    pass(9_999);
    assertThat(probation.begin(2)).isFalse();
    pass(1);
    assertThat(probation.begin(2)).isTrue();
  }
}
