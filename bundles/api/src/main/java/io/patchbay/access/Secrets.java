package io.patchbay.access;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Passwords and keys that the hub itself logs in with elsewhere; encrypted at rest, never shown
 * again.
 */
public interface Secrets {
  Optional<String> find(String name);

  /**
   * @param name {@code [A-Za-z0-9._-]{1,64}}
   */
  void put(String name, String secret) throws IOException;

  boolean remove(String name) throws IOException;

  List<String> names();
}
