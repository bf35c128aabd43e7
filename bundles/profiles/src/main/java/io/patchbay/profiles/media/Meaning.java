package io.patchbay.profiles.media;

import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Point;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Slot;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a value found in a payload means for one slot: a word of the profile passes as it is, a text
 * that holds a number becomes one where a number is due, anything else of the wrong type is
 * refused. What words stand for, scale and unit are left to core.
 */
final class Meaning {
  /** The longest text that is tried as a number. */
  private static final int LONGEST_NUMBER = 64;

  private final Slot slot;
  private final DataSchema.Type type;
  private final boolean integral;
  private final Map<String, Value> status = new HashMap<>();
  private final Set<String> words = new HashSet<>();

  private Meaning(Slot slot) {
    this.slot = slot;
    type = slot.kind() == Slot.Kind.STATUS ? DataSchema.Type.BOOLEAN : slot.schema().type();
    integral = type == DataSchema.Type.INTEGER;
    if (slot.kind() == Slot.Kind.STATUS) {
      words("online").forEach(word -> status.put(word, new Value.Bool(true)));
      words("offline").forEach(word -> status.put(word, new Value.Bool(false)));
    } else {
      for (DataSchema.WireWord word : slot.schema().wire()) {
        model(type, word.model());
        words.add(word.wire());
      }
    }
  }

  /** One word, or several; without any it is the term itself. */
  private List<String> words(String term) {
    List<String> words = new ArrayList<>();
    slot.form().term(term).ifPresent(words::add);
    for (int i = 0; slot.form().term(term + "." + i).isPresent(); i++) {
      words.add(slot.form().required(term + "." + i));
    }
    return words.isEmpty() ? List.of(term) : words;
  }

  /**
   * @throws IllegalArgumentException when a word's model value is not of the slot's type
   */
  static Meaning of(Slot slot) {
    return new Meaning(slot);
  }

  /** A value of the model from its text in the profile. */
  static Value model(DataSchema.Type type, String text) {
    switch (type) {
      case BOOLEAN -> {
        if (text.equals("true") || text.equals("false")) {
          return new Value.Bool(text.equals("true"));
        }
      }
      case INTEGER, NUMBER -> {
        Value number = number(text, type == DataSchema.Type.INTEGER);
        if (number instanceof Value.Int || (number != null && type == DataSchema.Type.NUMBER)) {
          return number;
        }
      }
      case STRING -> {
        return new Value.Text(text);
      }
      case DATA -> {
        Value data = data(text);
        if (data != null) {
          return data;
        }
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is not a value of type " + type.name().toLowerCase(Locale.ROOT));
  }

  /** Whether a number with a fraction part of zero is to become an integer. */
  boolean integral() {
    return integral;
  }

  /** A value of JSON or SenML. */
  Point point(Value raw, Optional<Instant> time) {
    // the text of a number is dear, and most slots have no words
    Value value = !words.isEmpty() && words.contains(raw.text()) ? raw : typed(raw);
    return value == null ? wrong(raw) : new Point.Decoded(slot, value, time);
  }

  private @Nullable Value typed(Value raw) {
    if (slot.kind() == Slot.Kind.STATUS) {
      return status.get(raw.text());
    }
    return switch (type) {
      case BOOLEAN -> raw instanceof Value.Bool ? raw : null;
      case INTEGER -> {
        Value number = numeric(raw);
        // with a scale the wire may carry 21.5 for the integer 215
        yield number instanceof Value.Num && slot.schema().identity() ? null : number;
      }
      case NUMBER -> numeric(raw);
      case STRING -> raw instanceof Value.Text && words.isEmpty() ? raw : null;
      case DATA ->
          raw instanceof Value.Data ? raw : raw instanceof Value.Text t ? data(t.value()) : null;
    };
  }

  private @Nullable Value numeric(Value raw) {
    if (raw instanceof Value.Int || raw instanceof Value.Num) {
      return raw;
    }
    return raw instanceof Value.Text text ? number(text.value(), integral) : null;
  }

  /** A payload of plain text. */
  Point plain(String text) {
    String bare = text.strip();
    Value known;
    if (slot.kind() == Slot.Kind.STATUS) {
      known = status.get(bare);
    } else if (words.contains(text)) {
      known = new Value.Text(text);
    } else if (words.contains(bare)) {
      known = new Value.Text(bare);
    } else {
      known = words.isEmpty() ? plainTyped(text) : null;
    }
    return known == null
        ? wrong(new Value.Text(text))
        : new Point.Decoded(slot, known, Optional.empty());
  }

  private @Nullable Value plainTyped(String text) {
    String bare = text.strip();
    return switch (type) {
      case BOOLEAN -> bool(bare);
      case INTEGER, NUMBER -> typed(new Value.Text(bare));
      case STRING -> new Value.Text(text);
      case DATA -> data(bare);
    };
  }

  private static @Nullable Value bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "on", "1" -> new Value.Bool(true);
      case "false", "off", "0" -> new Value.Bool(false);
      default -> null;
    };
  }

  /** A number in decimal notation; null when it is none, or an integer beyond 64 bits. */
  static @Nullable Value number(String text, boolean integral) {
    if (text.isEmpty() || text.length() > LONGEST_NUMBER) {
      return null;
    }
    boolean whole = true;
    boolean digit = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') {
        digit = true;
      } else if (c == '.' || c == 'e' || c == 'E') {
        whole = false;
      } else if (c != '+' && c != '-') {
        // not NaN, Infinity, 0x10, 1f or 1d, which Java would read
        return null;
      }
    }
    if (!digit) {
      return null;
    }
    try {
      if (whole) {
        return new Value.Int(Long.parseLong(text));
      }
      if (integral) {
        Value exact = Json.exact(new BigDecimal(text));
        if (exact != null) {
          return exact;
        }
      }
      double number = Double.parseDouble(text);
      return Double.isFinite(number) ? new Value.Num(number) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Base64 of either alphabet (RFC 4648, clauses 4 and 5), padded or not. */
  static @Nullable Value data(String text) {
    try {
      return new Value.Data(
          Bytes.wrap(Base64.getDecoder().decode(text.replace('-', '+').replace('_', '/'))));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private Point wrong(Value raw) {
    String said = raw instanceof Value.Text ? "'" + raw.text() + "'" : raw.text();
    Set<String> accepted = slot.kind() == Slot.Kind.STATUS ? status.keySet() : words;
    String expected =
        accepted.isEmpty()
            ? type.name().toLowerCase(Locale.ROOT)
            : "one of " + String.join(", ", accepted.stream().sorted().toList());
    return bad(
        Rejection.WRONG_TYPE,
        Json.shortened(said, 64) + " is not what is expected: " + Json.shortened(expected, 128));
  }

  /** The slot cannot be filled. */
  Point bad(Rejection reason, String detail) {
    String place = slot.field().isEmpty() ? slot.name() : slot.name() + "." + slot.field();
    return new Point.Bad(slot, reason, place + ": " + detail);
  }

  Slot slot() {
    return slot;
  }

  /** The value of a point, or the exception that says why there is none. */
  static Value value(Point point) throws DecodeException {
    if (point instanceof Point.Bad bad) {
      throw new DecodeException(bad.reason(), bad.detail());
    }
    return ((Point.Decoded) point).value();
  }
}
