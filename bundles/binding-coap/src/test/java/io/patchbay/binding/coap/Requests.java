package io.patchbay.binding.coap;

import io.patchbay.northbound.Things;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.FixedThings;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.net.DatagramSocket;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Commands, things and interests as the hub makes them. */
final class Requests {
  static final ThingId THING = new ThingId("dev");

  private Requests() {}

  static int freePort() throws SocketException {
    try (DatagramSocket socket = new DatagramSocket(0)) {
      return socket.getLocalPort();
    }
  }

  static DoorSettings settings(String host, int port, int securePort, int maxPayload) {
    return new DoorSettings(
        host,
        port,
        securePort,
        maxPayload,
        Optional.empty(),
        "",
        Optional.empty(),
        Path.of("target", "no-registrations"),
        List.of());
  }

  static Thing thing(String base) {
    return new Thing(THING, URI.create(base), "test", Map.of("device", "dev"), Map.of());
  }

  static Form form(String resource, Op op, Map<String, String> more) {
    Map<String, String> terms = new java.util.HashMap<>(more);
    terms.put("resource", resource);
    return new Form("coap", Set.of(op), "text/plain", terms);
  }

  static Request read(Thing thing, String resource, Instant deadline) {
    Form form = form(resource, Op.READ, Map.of());
    return new Request(
        CommandId.fresh(),
        new Command.Read(THING, List.of("value"), deadline),
        thing,
        Map.of("value", new Wire(form, "", form.terms(), Optional.empty())));
  }

  static Request write(Thing thing, String resource, String payload, Instant deadline) {
    Form form = form(resource, Op.WRITE, Map.of());
    return new Request(
        CommandId.fresh(),
        new Command.Write(THING, "value", new Value.Text(payload), deadline),
        thing,
        Map.of("value", new Wire(form, "", form.terms(), Optional.of(Bytes.utf8(payload)))));
  }

  static Interest interest(String resource, String mediaType) {
    return new Interest(
        "",
        new Form("coap", Set.of(Op.OBSERVE), mediaType, Map.of("resource", resource)),
        Optional.empty(),
        true);
  }

  /** A directory with these things. */
  static Things things(Thing... all) {
    return new FixedThings(List.of(all), Map.of());
  }

  /** A directory with one thing, and what is known of it. */
  static Things twin(Thing thing, Map<String, Uplink.Reading> latest) {
    return new FixedThings(List.of(thing), latest);
  }
}
