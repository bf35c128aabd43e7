package io.patchbay.southbound;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;

/**
 * One place of a profile that frames of one address pattern can fill.
 *
 * @param kind what it is a place of
 * @param name of the property or event; of a status, {@code status}
 * @param field of the event's data; empty for properties and status
 */
public record Slot(Kind kind, String name, String field, Form form, DataSchema schema) {
  /** Kinds of affordance that come up. */
  public enum Kind {
    PROPERTY,
    EVENT,
    STATUS
  }
}
