package io.patchbay.dtls;

import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.eclipse.californium.elements.auth.AdditionalInfo;
import org.eclipse.californium.elements.auth.ExtensiblePrincipal;
import org.eclipse.californium.scandium.auth.ApplicationLevelInfoSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who somebody is by the credential that he has shown in a handshake.
 *
 * @param identity what it is called by
 * @param names all that it may be called by
 * @param stands whether that credential still counts; asked with every request
 */
public record Shown(String identity, Set<String> names, BooleanSupplier stands) {
  private static final String KEY = "shown";

  public Shown {
    names = Set.copyOf(names);
  }

  /** By one name. */
  public Shown(String identity, BooleanSupplier stands) {
    this(identity, Set.of(identity), stands);
  }

  /** Keeps it with the session. */
  public static final ApplicationLevelInfoSupplier WITH_SESSION =
      (principal, argument) ->
          argument instanceof Shown shown
              ? AdditionalInfo.from(Map.of(KEY, shown))
              : AdditionalInfo.empty();

  /** Empty for somebody who has shown nothing. */
  public static Optional<Shown> of(@Nullable Principal principal) {
    return principal instanceof ExtensiblePrincipal<?> known
        ? Optional.ofNullable(known.getExtendedInfo().get(KEY, Shown.class))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return identity;
  }
}
