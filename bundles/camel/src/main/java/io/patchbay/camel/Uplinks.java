package io.patchbay.camel;

import io.patchbay.southbound.Origin;
import io.patchbay.thing.Uplink;
import java.util.List;

/**
 * A body for {@code hub:uplink} when the binding has decoded itself.
 *
 * @param uplinks of one thing each, at least one, in the model's units
 */
public record Uplinks(Origin origin, List<Uplink> uplinks) {
  public Uplinks {
    uplinks = List.copyOf(uplinks);
  }
}
