package io.patchbay.access;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Bearer tokens of the API (RFC 6750); only their digests are kept. */
public interface Tokens {
  Optional<Principal> authenticate(String token);

  /**
   * Makes a token; it is shown this once.
   *
   * @param name unique
   * @throws IllegalArgumentException when the name is taken
   */
  String issue(String name, Role role) throws IOException;

  /** False when there is none. */
  boolean revoke(String name) throws IOException;

  List<Token> list();

  record Token(String name, Role role, Instant issued) {}
}
