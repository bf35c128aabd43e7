package io.patchbay.profile;

import io.patchbay.thing.Quality;
import java.time.Duration;
import java.util.Optional;

/**
 * Which readings of a property are passed on.
 *
 * @param deadband a number that differs from the last one passed on by no more than this is held
 *     back, in the model's unit; 0 for none. After half of the property's {@code staleAfter} it is
 *     passed on all the same
 * @param minimumInterval a reading nearer to the last one passed on than this is held back; zero
 *     for none
 * @param outside the quality of a value outside the range; empty when such a value is refused
 */
public record Keeping(double deadband, Duration minimumInterval, Optional<Quality> outside) {
  /** Everything in range. */
  public static final Keeping ALL = new Keeping(0, Duration.ZERO, Optional.empty());

  public Keeping {
    if (!(deadband >= 0) || Double.isInfinite(deadband) || minimumInterval.isNegative()) {
      throw new IllegalArgumentException(
          "deadband and minimumInterval must be 0 or more; not "
              + deadband
              + " and "
              + minimumInterval);
    }
  }

  /** Whether nothing is ever held back. */
  public boolean passesAll() {
    return deadband == 0 && minimumInterval.isZero();
  }
}
