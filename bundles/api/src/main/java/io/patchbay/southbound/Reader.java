package io.patchbay.southbound;

import io.patchbay.profile.AddressPattern;
import java.util.List;

/**
 * What a profile reads from frames of one address pattern and one media type.
 *
 * @param slots that a frame can fill
 */
public record Reader(
    AddressPattern pattern, String mediaType, List<Slot> slots, FrameDecoder decoder) {
  public Reader {
    slots = List.copyOf(slots);
  }
}
