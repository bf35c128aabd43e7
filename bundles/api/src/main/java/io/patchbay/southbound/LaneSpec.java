package io.patchbay.southbound;

import java.time.Duration;

/**
 * How requests to a thing queue up.
 *
 * @param key things of one key share a lane ({@code serial:/dev/ttyUSB0})
 * @param inFlight requests on the wire at once, at least 1
 * @param gap rest between an answer and the next request
 * @param bound requests waiting; one more is refused as BUSY
 */
public record LaneSpec(String key, int inFlight, Duration gap, int bound) {
  public LaneSpec {
    if (inFlight < 1 || bound < 1 || gap.isNegative()) {
      throw new IllegalArgumentException(
          "a lane needs inFlight >= 1, bound >= 1, gap >= 0; not "
              + inFlight
              + ", "
              + bound
              + ", "
              + gap);
    }
  }
}
