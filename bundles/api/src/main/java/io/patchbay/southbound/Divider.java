package io.patchbay.southbound;

import java.util.List;

/**
 * Divides a frame that tells of several things into one frame per thing: the part as payload, and
 * what names the thing among the terms of its origin. Used by many threads at once.
 */
@FunctionalInterface
public interface Divider {
  /**
   * @return the parts in their order, each with a delivery of its own when the frame has one
   * @throws DecodeException when the frame cannot be divided
   */
  List<Frame> divide(Frame frame) throws DecodeException;
}
