package io.patchbay.core;

import io.patchbay.profile.Action;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Slot;
import io.patchbay.southbound.Wire;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.Serial;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns a command into what goes on the wire, or says why not. */
final class Requests {
  /** Why a command is not sent. Carries no stack: a command that is wrong is no bug. */
  static final class Unsendable extends Exception {
    @Serial private static final long serialVersionUID = 1L;
    private final Reason reason;

    Unsendable(Reason reason, String detail) {
      super(detail, null, false, false);
      this.reason = reason;
    }

    Reason reason() {
      return reason;
    }

    String detail() {
      return String.valueOf(getMessage());
    }
  }

  /** Reads that a profile remembers, by thing and properties; when full all are forgotten. */
  private static final int MOST_READS = 20_000;

  record Names(ThingId thing, List<String> properties) {}

  /**
   * How properties are read: the same every time, as long as the thing is the same. Profile and
   * protocol are, too, for the compiled profile remembers it.
   */
  record Reading(Thing thing, Map<String, Wire> wires) {}

  private final Directory directory;
  private final Catalogue catalogue;
  private final Ports ports;

  Requests(Directory directory, Catalogue catalogue, Ports ports) {
    this.directory = directory;
    this.catalogue = catalogue;
    this.ports = ports;
  }

  Device thing(Command command) throws Unsendable {
    Device device =
        directory
            .find(command.thing())
            .orElseThrow(
                () ->
                    new Unsendable(
                        Reason.UNKNOWN_THING, "no thing is named '" + command.thing() + "'"));
    if (device.registered().admission() != Admission.ADMITTED) {
      throw new Unsendable(
          Reason.NOT_ALLOWED,
          device.registered().admission() == Admission.RETIRED
              ? "thing '" + device.id() + "' is retired; take it back first"
              : "thing '" + device.id() + "' is not admitted; admit it first");
    }
    return device;
  }

  CompiledProfile profile(Device device) throws Unsendable {
    return catalogue
        .profile(device.thing().profile())
        .orElseThrow(
            () ->
                new Unsendable(
                    Reason.UNKNOWN_THING,
                    "profile '"
                        + device.thing().profile()
                        + "' of thing '"
                        + device.id()
                        + "' is not there"));
  }

  Protocol protocol(Device device) throws Unsendable {
    return ports.protocol(device.thing().scheme()).orElseThrow(() -> noProtocol(device));
  }

  static Unsendable noProtocol(Device device) {
    return new Unsendable(
        Reason.NO_PROTOCOL,
        "no bundle serves '" + device.thing().scheme() + "' now; deploy or start one");
  }

  /** Affordance, form, checks, scale, encoding, address. */
  Request request(CommandId id, Command command, Device device, CompiledProfile profile)
      throws Unsendable {
    Map<String, Wire> wires = new HashMap<>();
    Protocol protocol = protocol(device);
    if (command instanceof Command.Read read) {
      return new Request(id, command, device.thing(), wires(read, device, profile, protocol));
    } else if (command instanceof Command.Write write) {
      String name = write.property();
      Property property = writable(profile, device, name);
      Form form = form(property.forms(), device, Op.WRITE, name);
      Conformer conformer = profile.interpretation().property(name).orElseThrow(() -> broken(name));
      Value value = down(conformer, name, write.value());
      Slot slot = new Slot(Slot.Kind.PROPERTY, name, "", form, property.schema());
      Map<String, Value> values = new HashMap<>(Map.of("value", value));
      if (form.term("payload").isPresent()) {
        device
            .thing()
            .terms()
            .forEach((term, word) -> values.putIfAbsent(term, new Value.Text(word)));
      }
      wires.put(name, wire(device, protocol, form, encoded(profile, protocol, slot, values)));
    } else {
      Command.Invoke invoke = (Command.Invoke) command;
      String name = invoke.action();
      Action action = profile.profile().actions().get(name);
      if (action == null) {
        throw new Unsendable(
            Reason.UNKNOWN_AFFORDANCE,
            "no action '" + name + "'; there are " + profile.profile().actions().keySet());
      }
      Form form = form(action.forms(), device, Op.INVOKE, name);
      Map<String, Value> input = input(action, invoke.input());
      if (form.term("payload").isPresent()) {
        // a payload template may name the thing's own terms
        device
            .thing()
            .terms()
            .forEach((term, word) -> input.putIfAbsent(term, new Value.Text(word)));
      }
      Slot slot =
          new Slot(Slot.Kind.PROPERTY, name, "", form, DataSchema.of(DataSchema.Type.STRING));
      boolean bare = input.isEmpty() && form.mediaType().isEmpty();
      wires.put(
          name,
          wire(
              device,
              protocol,
              form,
              bare ? Optional.empty() : encoded(profile, protocol, slot, input)));
    }
    return new Request(id, command, device.thing(), wires);
  }

  private Map<String, Wire> wires(
      Command.Read read, Device device, CompiledProfile profile, Protocol protocol)
      throws Unsendable {
    Names names = new Names(read.thing(), read.properties());
    Map<Names, Reading> readings = profile.readings();
    Reading known = readings.get(names);
    if (known != null && known.thing().equals(device.thing())) {
      return known.wires();
    }
    Map<String, Wire> wires = new HashMap<>();
    for (String name : read.properties()) {
      Form form = form(property(profile, name).forms(), device, Op.READ, name);
      wires.put(name, wire(device, protocol, form, Optional.empty()));
    }
    Map<String, Wire> made = Map.copyOf(wires);
    if (readings.size() >= MOST_READS) {
      readings.clear();
    }
    readings.put(names, new Reading(device.thing(), made));
    return made;
  }

  private static Property writable(CompiledProfile profile, Device device, String name)
      throws Unsendable {
    Property property = property(profile, name);
    if (property.readOnly()) {
      throw new Unsendable(Reason.NOT_ALLOWED, "property '" + name + "' is read-only");
    }
    form(property.forms(), device, Op.WRITE, name);
    return property;
  }

  /** The value as the profile's type, when it can be written to the property. */
  Value acceptable(Device device, String name, Value value) throws Unsendable {
    CompiledProfile profile = profile(device);
    writable(profile, device, name);
    Conformer conformer = profile.interpretation().property(name).orElseThrow(() -> broken(name));
    down(conformer, name, value);
    try {
      return conformer.checked(value);
    } catch (DecodeException e) {
      throw new Unsendable(Reason.INVALID_VALUE, name + ": " + e.detail());
    }
  }

  /** Whether the device can be asked for a property. */
  boolean readable(Device device, String name) {
    return catalogue
        .profile(device.thing().profile())
        .map(profile -> profile.profile().properties().get(name))
        .flatMap(
            property -> CompiledProfile.form(property.forms(), device.thing().scheme(), Op.READ))
        .isPresent();
  }

  private static Property property(CompiledProfile profile, String name) throws Unsendable {
    Property property = profile.profile().properties().get(name);
    if (property == null) {
      throw new Unsendable(
          Reason.UNKNOWN_AFFORDANCE,
          "no property '" + name + "'; there are " + profile.profile().properties().keySet());
    }
    return property;
  }

  private static Form form(List<Form> forms, Device device, Op op, String name) throws Unsendable {
    String scheme = device.thing().scheme();
    return CompiledProfile.form(forms, scheme, op)
        .orElseThrow(
            () ->
                new Unsendable(
                    Reason.NOT_ALLOWED,
                    "the profile has no form for "
                        + op.wot()
                        + " of '"
                        + name
                        + "' over "
                        + scheme));
  }

  private static Unsendable broken(String name) {
    return new Unsendable(
        Reason.NOT_ALLOWED, "the schema of '" + name + "' is broken; mend the profile");
  }

  private static Value down(Conformer conformer, String name, Value value) throws Unsendable {
    try {
      return conformer.down(conformer.checked(value));
    } catch (DecodeException e) {
      throw new Unsendable(Reason.INVALID_VALUE, name + ": " + e.detail());
    }
  }

  private static Map<String, Value> input(Action action, Map<String, Value> given)
      throws Unsendable {
    Map<String, Value> input = new HashMap<>();
    for (Map.Entry<String, Value> entry : given.entrySet()) {
      DataSchema schema = action.input().get(entry.getKey());
      if (schema == null) {
        throw new Unsendable(
            Reason.INVALID_VALUE,
            "action '"
                + action.name()
                + "' has no input '"
                + entry.getKey()
                + "'; there are "
                + action.input().keySet());
      }
      input.put(entry.getKey(), down(new Conformer(schema), entry.getKey(), entry.getValue()));
    }
    return input;
  }

  private static Optional<Bytes> encoded(
      CompiledProfile profile, Protocol protocol, Slot slot, Map<String, Value> values)
      throws Unsendable {
    try {
      return Optional.of(profile.encoder(slot, protocol).encode(values));
    } catch (IllegalArgumentException e) {
      throw new Unsendable(Reason.INVALID_VALUE, slot.name() + ": " + e.getMessage());
    }
  }

  private static Wire wire(Device device, Protocol protocol, Form form, Optional<Bytes> payload)
      throws Unsendable {
    Thing thing = device.thing();
    String template = protocol.address(form).orElse("");
    String address =
        AddressPattern.fill(template, thing.terms())
            .orElseThrow(
                () ->
                    new Unsendable(
                        Reason.NOT_ALLOWED,
                        "'" + template + "' needs terms that thing '" + thing.id() + "' lacks"));
    Map<String, String> terms = new HashMap<>();
    // a term with braces that are not names (a payload template) stays as it is
    form.terms()
        .forEach(
            (name, term) -> terms.put(name, AddressPattern.fill(term, thing.terms()).orElse(term)));
    return new Wire(form, address, terms, payload);
  }
}
