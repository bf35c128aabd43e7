package io.patchbay.binding.mqtt;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What core would ask of the binding. */
final class Requests {
  static final ThingId THING = new ThingId("dev");

  private Requests() {}

  static Thing thing(String base) {
    return new Thing(THING, URI.create(base), "test", Map.of("device", "dev"), Map.of());
  }

  static Wire wire(String topic, String payload, Map<String, String> filled) {
    Map<String, String> terms = new HashMap<>(filled);
    terms.put("topic", topic);
    Map<String, String> templates = new HashMap<>();
    terms.forEach((term, text) -> templates.put(term, text.replace("dev", "{device}")));
    Form form = new Form("mqtt", Set.of(Op.WRITE), "text/plain", templates);
    return new Wire(form, topic, terms, Optional.of(Bytes.utf8(payload)));
  }

  static Request read(Wire wire, Instant deadline) {
    return new Request(
        CommandId.fresh(),
        new Command.Read(THING, List.of("value"), deadline),
        thing("mqtt://local"),
        Map.of("value", wire));
  }

  static Request write(Wire wire, Instant deadline) {
    return write(thing("mqtt://local"), wire, deadline);
  }

  static Request write(Thing thing, Wire wire, Instant deadline) {
    return new Request(
        CommandId.fresh(),
        new Command.Write(THING, "value", new Value.Int(1), deadline),
        thing,
        Map.of("value", wire));
  }

  static Interest interest(String connection, String topic) {
    return interest(connection, topic, true);
  }

  static Interest interest(String connection, String topic, boolean journal) {
    return new Interest(
        connection,
        new Form("mqtt", Set.of(Op.OBSERVE), "text/plain", Map.of("topic", topic)),
        Optional.empty(),
        journal);
  }
}
