package io.patchbay.profile;

import java.util.List;
import java.util.Map;

/**
 * What a device nobody registered must send to be taken for one of this profile.
 *
 * @param form where it is heard: protocol, media type and address pattern
 * @param has paths that the payload must hold
 * @param equal paths whose value, as text, must be this one
 */
public record Match(Form form, List<String> has, Map<String, String> equal) {
  public Match {
    has = List.copyOf(has);
    equal = Map.copyOf(equal);
  }
}
