package io.patchbay.profiles;

import io.patchbay.southbound.Protocol;
import java.util.Optional;

/** The protocols that are installed just now. */
@FunctionalInterface
interface Protocols {
  Optional<Protocol> find(String scheme);
}
