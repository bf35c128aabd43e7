package io.patchbay.southbound;

import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import java.util.Map;

/**
 * A command on its way down: core has resolved thing and forms, checked the value and scaled it to
 * the wire.
 *
 * @param wires by name of property or action
 */
public record Request(CommandId id, Command command, Thing thing, Map<String, Wire> wires) {
  public Request {
    wires = Map.copyOf(wires);
  }
}
