package io.patchbay.southbound;

import io.patchbay.thing.Outcome;
import java.util.List;

/** What the protocol got back. */
public sealed interface Answer {

  /**
   * Done.
   *
   * @param frames what the device answered and was not offered to {@link UplinkPort}; core decodes
   *     and journals them. Empty when the device only confirmed.
   */
  record Frames(List<Frame> frames) implements Answer {
    public Frames {
      frames = List.copyOf(frames);
    }
  }

  /**
   * The device is asleep: the lane is free, and the command is sent again when the thing is seen
   * ONLINE.
   *
   * @param state for a person
   */
  record Deferred(String state) implements Answer {}

  record Failed(Outcome.Reason reason, String detail) implements Answer {}
}
