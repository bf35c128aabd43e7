package io.patchbay.southbound;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a frame came from.
 *
 * @param scheme protocol ({@code mqtt})
 * @param connection the session, line or server it came through ({@code local})
 * @param address in the protocol's own words (an MQTT topic, a CoAP path, a LwM2M endpoint)
 * @param terms what the protocol knows besides; usually empty
 */
public record Origin(String scheme, String connection, String address, Map<String, String> terms) {
  public Origin {
    terms = Map.copyOf(terms);
  }

  public Origin(String scheme, String connection, String address) {
    this(scheme, connection, address, Map.of());
  }

  // a key looked up for every frame: the parts that differ most first
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Origin that
        && address.equals(that.address)
        && connection.equals(that.connection)
        && scheme.equals(that.scheme)
        && terms.equals(that.terms);
  }

  @Override
  public int hashCode() {
    return (31 * address.hashCode() + connection.hashCode()) * 31 + scheme.hashCode();
  }
}
