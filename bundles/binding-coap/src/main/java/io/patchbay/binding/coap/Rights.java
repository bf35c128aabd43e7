package io.patchbay.binding.coap;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.dtls.Shown;
import io.patchbay.profile.AddressPattern;
import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.californium.elements.EndpointContext;
import org.jspecify.annotations.Nullable;

/**
 * What a device may do that has shown who it is: post where its device credential may publish and
 * read what that may subscribe to; without one, what carries its own name. A credential that is
 * taken away or replaced ends what it gave with the next request.
 */
final class Rights implements Access {
  private record Granted(List<AddressPattern> publish, List<AddressPattern> subscribe) {}

  private final DeviceCredentials credentials;
  private volatile @Nullable Map<String, Granted> granted;

  Rights(DeviceCredentials credentials) {
    this.credentials = credentials;
  }

  /** Some device credential is another now. */
  void changed() {
    granted = null;
  }

  @Override
  public Optional<Refusal> refusal(EndpointContext peer, Use use, String what) {
    Principal principal = peer.getPeerIdentity();
    if (principal == null) {
      return ANONYMOUS.refusal(peer, use, what);
    }
    Shown shown = Shown.of(principal).orElse(null);
    if (shown == null || !shown.stands().getAsBoolean()) {
      return Optional.of(
          new Refusal(
              false, "what '" + principal.getName() + "' has shown does not count any more"));
    }
    String identity = shown.identity();
    if (!Keys.names(identity)) {
      return Optional.of(
          new Refusal(
              true, "'" + identity + "' is no identity; accepted: 1 to 55 of A-Z a-z 0-9 . _ -"));
    }
    return may(identity, use, what)
        ? Optional.empty()
        : Optional.of(new Refusal(true, "'" + identity + "' may not " + words(use, what)));
  }

  private boolean may(String identity, Use use, String what) {
    Granted rights = all().get(identity);
    return switch (use) {
      case LOOK -> true;
      case REGISTER -> what.equals(identity);
      case POST -> rights == null ? carries(what, identity) : any(rights.publish(), what);
      case READ -> rights == null ? carries(what, identity) : any(rights.subscribe(), what);
    };
  }

  private static String words(Use use, String what) {
    return switch (use) {
      case LOOK -> "look";
      case REGISTER -> "register '" + what + "', only itself";
      case POST -> "post to '" + what + "'";
      case READ -> "read '" + what + "'";
    };
  }

  private static boolean carries(String path, String identity) {
    return List.of(path.split("/")).contains(identity);
  }

  private static boolean any(List<AddressPattern> patterns, String what) {
    return patterns.stream().anyMatch(pattern -> pattern.match(what).isPresent());
  }

  private Map<String, Granted> all() {
    Map<String, Granted> known = granted;
    if (known != null) {
      return known;
    }
    Map<String, Granted> fresh = new HashMap<>();
    for (DeviceCredentials.DeviceCredential one : credentials.list()) {
      fresh.put(one.user(), new Granted(patterns(one.publish()), patterns(one.subscribe())));
    }
    granted = fresh;
    return fresh;
  }

  private static List<AddressPattern> patterns(List<String> filters) {
    return filters.stream().map(AddressPattern::of).toList();
  }
}
