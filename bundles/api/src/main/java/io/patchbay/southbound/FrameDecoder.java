package io.patchbay.southbound;

import java.util.List;

/**
 * Decodes frames of one address pattern of one profile, all slots in one pass. Used by many threads
 * at once.
 */
@FunctionalInterface
public interface FrameDecoder {
  /**
   * @return the slots that the frame fills; a slot it does not mention is left out
   * @throws DecodeException when the frame as a whole cannot be read
   */
  List<Point> decode(Frame frame) throws DecodeException;
}
