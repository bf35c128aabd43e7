package io.patchbay.southbound;

import java.util.Set;

/**
 * Whiteboard service with the property {@link DownlinkPort#SCHEME}: told what to listen for, at
 * registration and after every change, one call at a time.
 */
public interface InterestListener {
  void changed(Set<Interest> all);
}
