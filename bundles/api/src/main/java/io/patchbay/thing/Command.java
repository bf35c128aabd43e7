package io.patchbay.thing;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What goes down to a thing. After its deadline a command is not sent any more. */
public sealed interface Command {
  ThingId thing();

  Instant deadline();

  /**
   * Reads properties; several are read together where the protocol can.
   *
   * @param properties at least one
   */
  record Read(ThingId thing, List<String> properties, Instant deadline) implements Command {
    public Read {
      properties = List.copyOf(properties);
      if (properties.isEmpty()) {
        throw new IllegalArgumentException("a read names at least one property");
      }
    }
  }

  /**
   * Writes a property.
   *
   * @param value in the property's type and unit, as northbound systems know it
   */
  record Write(ThingId thing, String property, Value value, Instant deadline) implements Command {}

  /** Invokes an action (WoT action). */
  record Invoke(ThingId thing, String action, Map<String, Value> input, Instant deadline)
      implements Command {
    public Invoke {
      input = Map.copyOf(input);
    }
  }
}
