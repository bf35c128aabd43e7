package io.patchbay.southbound;

import io.patchbay.profile.Form;
import io.patchbay.profile.Match;
import java.util.List;
import java.util.function.Predicate;

/** Decoding and encoding of media types; a service of the profiles bundle. */
public interface MediaTypes {
  /** Whether it is one of those decoded here; the others are the protocol's. */
  boolean knows(String mediaType);

  /**
   * Compiles one decoder for slots that share an address pattern.
   *
   * @throws IllegalArgumentException naming the slot and the term that is wrong
   */
  FrameDecoder decoder(List<Slot> slots);

  /**
   * Compiles the encoding of a form that goes down.
   *
   * @throws IllegalArgumentException naming the term that is wrong
   */
  Codec codec(Slot slot);

  /**
   * Compiles the test of a match. A payload that cannot be read does not match, whatever is asked.
   */
  Predicate<Frame> test(Match match);

  /**
   * Compiles how a frame that tells of several things is divided.
   *
   * @throws IllegalArgumentException naming the term that is wrong
   */
  default Divider divider(Form form) {
    throw new IllegalArgumentException(form.mediaType() + " is not divided here");
  }
}
