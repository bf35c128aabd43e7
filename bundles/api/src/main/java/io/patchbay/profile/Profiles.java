package io.patchbay.profile;

import java.util.Map;

/** The profiles in service. A service of the profiles bundle. */
public interface Profiles {
  /** All by id, as they are now: a snapshot that never changes. */
  Map<String, Profile> current();

  /**
   * Whiteboard service: told of every change, one call at a time, on the thread that changed it.
   */
  interface Listener {
    void changed(Map<String, Profile> all);
  }
}
