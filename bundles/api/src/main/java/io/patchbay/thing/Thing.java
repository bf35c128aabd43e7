package io.patchbay.thing;

import java.net.URI;
import java.util.Map;

/**
 * A device, or a part of one, that the hub knows.
 *
 * @param base where it is reached: scheme = protocol, authority = connection or host ({@code
 *     mqtt://local}, {@code modbus+tcp://10.0.0.5:502})
 * @param profile id of its profile
 * @param terms what fills the named parts of its profile's address patterns ({@code device=plug1})
 * @param labels free words of the administrator
 */
public record Thing(
    ThingId id, URI base, String profile, Map<String, String> terms, Map<String, String> labels) {
  public Thing {
    if (base.getScheme() == null) {
      throw new IllegalArgumentException(
          "base '" + base + "' of thing '" + id + "' names no protocol; accepted: mqtt://local");
    }
    terms = Map.copyOf(terms);
    labels = Map.copyOf(labels);
  }

  /**
   * The protocol it speaks: the scheme of its base up to a {@code +} ({@code modbus+tcp} is
   * modbus).
   */
  public String scheme() {
    String scheme = base.getScheme();
    int plus = scheme.indexOf('+');
    return plus < 0 ? scheme : scheme.substring(0, plus);
  }

  /** The connection it is reached through: the authority of its base, empty when there is none. */
  public String connection() {
    String authority = base.getAuthority();
    return authority == null ? "" : authority;
  }
}
