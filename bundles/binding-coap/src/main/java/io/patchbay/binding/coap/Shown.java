package io.patchbay.binding.coap;

import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.eclipse.californium.elements.auth.AdditionalInfo;
import org.eclipse.californium.elements.auth.ExtensiblePrincipal;
import org.eclipse.californium.scandium.auth.ApplicationLevelInfoSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who somebody is by the credential that he has shown in a handshake.
 *
 * @param stands whether that credential still counts; asked with every request
 */
record Shown(String identity, BooleanSupplier stands) {
  private static final String KEY = "shown";

  /** Keeps it with the session. */
  static final ApplicationLevelInfoSupplier WITH_SESSION =
      (principal, argument) ->
          argument instanceof Shown shown
              ? AdditionalInfo.from(Map.of(KEY, shown))
              : AdditionalInfo.empty();

  /** Empty for somebody who has shown nothing. */
  static Optional<Shown> of(@Nullable Principal principal) {
    return principal instanceof ExtensiblePrincipal<?> known
        ? Optional.ofNullable(known.getExtendedInfo().get(KEY, Shown.class))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return identity;
  }
}
