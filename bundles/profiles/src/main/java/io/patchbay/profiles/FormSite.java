package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.southbound.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A form and where it stands in its file.
 *
 * @param schemas of what it carries by name: a property's is {@code value}; of an event its fields,
 *     of an action its inputs
 */
record FormSite(Entry entry, Role role, String name, Form form, Map<String, DataSchema> schemas) {
  enum Role {
    MATCH,
    PARTS,
    STATUS,
    PROPERTY,
    ACTION,
    EVENT
  }

  static final String VALUE = "value";

  /** Whether frames come up by it without being asked for. */
  boolean pushed() {
    return form.ops().contains(Op.OBSERVE) || form.ops().contains(Op.SUBSCRIBE);
  }

  /** Whether something is sent by it. */
  boolean sends() {
    return form.ops().contains(Op.WRITE) || form.ops().contains(Op.INVOKE);
  }

  /** What frames of it can fill. */
  List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    DataSchema bool = DataSchema.of(DataSchema.Type.BOOLEAN);
    switch (role) {
      case STATUS -> slots.add(new Slot(Slot.Kind.STATUS, "status", "", form, bool));
      case PROPERTY ->
          schemas.forEach(
              (field, schema) -> slots.add(new Slot(Slot.Kind.PROPERTY, name, "", form, schema)));
      case EVENT -> {
        schemas.forEach(
            (field, schema) -> slots.add(new Slot(Slot.Kind.EVENT, name, field, form, schema)));
        if (schemas.isEmpty()) {
          slots.add(new Slot(Slot.Kind.EVENT, name, "", form, bool));
        }
      }
      default -> {
        // a match, parts and an action fill nothing
      }
    }
    return slots;
  }

  /** What encoding and answers go by. */
  Slot slot() {
    DataSchema schema = schemas.get(VALUE);
    return new Slot(
        Slot.Kind.PROPERTY,
        name,
        "",
        form,
        role == Role.PROPERTY && schema != null ? schema : DataSchema.of(DataSchema.Type.STRING));
  }
}
