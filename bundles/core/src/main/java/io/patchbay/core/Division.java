package io.patchbay.core;

import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Divider;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How frames of one address pattern are divided into parts. A part remembers by which division it
 * was made, so that only profiles that state the same one read it, also when it is replayed.
 *
 * @param name the same for equal divisions
 * @param prefix what every address of the pattern begins with: most frames are none of its
 */
record Division(String name, String prefix, AddressPattern pattern, Divider divider) {
  /** The term of a part's origin that holds the name; no pattern can give a term of this name. */
  static final String TERM = "#part";

  static Division of(Form form, String address, Divider divider) {
    int end = 0;
    while (end < address.length() && "{+#".indexOf(address.charAt(end)) < 0) {
      end++;
    }
    return new Division(
        new TreeMap<>(form.terms()).toString(),
        address.substring(0, end),
        AddressPattern.of(address),
        divider);
  }

  boolean fits(String address) {
    return address.startsWith(prefix) && pattern.match(address).isPresent();
  }

  static boolean part(Origin origin) {
    return origin.terms().containsKey(TERM);
  }

  /**
   * @throws DecodeException when the frame cannot be divided
   */
  List<Frame> divide(Frame frame) throws DecodeException {
    List<Frame> parts = new ArrayList<>();
    for (Frame part : divider.divide(frame)) {
      Origin origin = part.origin();
      Map<String, String> terms = new HashMap<>(origin.terms());
      terms.put(TERM, name);
      parts.add(
          new Frame(
              new Origin(origin.scheme(), origin.connection(), origin.address(), terms),
              part.target(),
              part.payload(),
              part.mediaType(),
              part.received(),
              part.time(),
              part.delivery(),
              part.retained()));
    }
    return parts;
  }
}
