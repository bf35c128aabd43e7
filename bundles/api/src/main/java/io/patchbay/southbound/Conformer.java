package io.patchbay.southbound;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.DataSchema.WireWord;
import io.patchbay.thing.SenMl;
import io.patchbay.thing.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One schema, compiled: words, scale, type and range, from the wire to the model and back. The one
 * place where this is done, for devices and for the examples of profiles.
 */
public final class Conformer {
  /** From here on a double has no fraction, and not every whole number. */
  private static final double EXACT = 0x1p53;

  private final DataSchema schema;
  private final Map<String, Value> models = new HashMap<>();
  private final Map<String, Value> words = new HashMap<>();
  private final Set<String> options;
  private final boolean whole;

  /**
   * @throws IllegalArgumentException when a wire word stands for no value of the type
   */
  public Conformer(DataSchema schema) {
    this.schema = schema;
    for (WireWord word : schema.wire()) {
      Value model = model(word.model());
      models.put(word.wire(), model);
      words.putIfAbsent(model.text(), new Value.Text(word.wire()));
    }
    options = Set.copyOf(schema.options());
    whole = whole(schema.scale()) && whole(schema.offset());
  }

  private Value model(String word) {
    try {
      return switch (schema.type()) {
        case BOOLEAN -> bool(word);
        case INTEGER -> new Value.Int(Long.parseLong(word));
        case NUMBER -> new Value.Num(Double.parseDouble(word));
        case STRING -> new Value.Text(word);
        case DATA -> throw new IllegalArgumentException("data have no words");
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "wire word for '" + word + "': not a value of type " + schema.type(), e);
    }
  }

  private static Value bool(String word) {
    return switch (word) {
      case "true" -> new Value.Bool(true);
      case "false" -> new Value.Bool(false);
      default -> throw new IllegalArgumentException("accepted: true, false");
    };
  }

  private static boolean whole(double number) {
    return number == Math.rint(number) && Math.abs(number) < EXACT;
  }

  /** The SenML unit of the model's values; empty for none. */
  public String unit() {
    return schema.unit();
  }

  /**
   * What the wire said, in the model's words, type and unit; scaled numbers are rounded to 12
   * significant decimal digits.
   *
   * @throws DecodeException when it is of another type, beyond what the type holds or out of range
   */
  public Value up(Value wire) throws DecodeException {
    return within(converted(wire));
  }

  /**
   * As {@link #up}, be the value in range or not.
   *
   * @throws DecodeException when it is of another type or beyond what the type holds
   */
  public Value converted(Value wire) throws DecodeException {
    if (!models.isEmpty()) {
      Value model = models.get(wire.text());
      if (model != null) {
        return model;
      }
    }
    return schema.identity() ? typed(wire) : scaled(wire);
  }

  /**
   * A value that is in the model's unit already.
   *
   * @throws DecodeException when it is of another type or out of range
   */
  public Value checked(Value model) throws DecodeException {
    return within(typed(model));
  }

  /**
   * What goes on the wire for a value that {@link #checked} has let through.
   *
   * @throws DecodeException when the wire cannot hold it
   */
  public Value down(Value model) throws DecodeException {
    Value word = words.get(model.text());
    if (word != null) {
      return word;
    } else if (schema.identity()) {
      return model;
    }
    double wire = Rounding.round((number(model) - schema.offset()) / schema.scale());
    finite(wire);
    return schema.type() == DataSchema.Type.INTEGER && whole(wire)
        ? new Value.Int((long) wire)
        : new Value.Num(wire);
  }

  private Value typed(Value value) throws DecodeException {
    boolean fits =
        switch (schema.type()) {
          case BOOLEAN -> value instanceof Value.Bool;
          case INTEGER -> value instanceof Value.Int;
          case NUMBER -> value instanceof Value.Num;
          case STRING -> value instanceof Value.Text;
          case DATA -> value instanceof Value.Data;
        };
    if (fits) {
      return value;
    } else if (schema.type() == DataSchema.Type.NUMBER && value instanceof Value.Int integer) {
      return new Value.Num(integer.value());
    } else if (schema.type() == DataSchema.Type.INTEGER
        && value instanceof Value.Num number
        && whole(number.value())) {
      return new Value.Int((long) number.value());
    }
    throw wrongType(value);
  }

  private Value scaled(Value wire) throws DecodeException {
    if (schema.type() == DataSchema.Type.INTEGER && whole && wire instanceof Value.Int integer) {
      return exact(integer.value());
    }
    double value = Rounding.round(number(wire) * schema.scale() + schema.offset());
    finite(value);
    if (schema.type() == DataSchema.Type.NUMBER) {
      return new Value.Num(value);
    } else if (schema.type() == DataSchema.Type.INTEGER && whole(value)) {
      return new Value.Int((long) value);
    }
    throw wrongType(new Value.Num(value));
  }

  private Value exact(long wire) throws DecodeException {
    try {
      return new Value.Int(
          Math.addExact(Math.multiplyExact(wire, (long) schema.scale()), (long) schema.offset()));
    } catch (ArithmeticException e) {
      throw new DecodeException(
          Rejection.OUT_OF_RANGE, wire + ", scaled, is beyond a signed 64-bit integer");
    }
  }

  private double number(Value value) throws DecodeException {
    if (value instanceof Value.Num number) {
      return number.value();
    } else if (value instanceof Value.Int integer) {
      return integer.value();
    }
    throw wrongType(value);
  }

  private static void finite(double value) throws DecodeException {
    if (!Double.isFinite(value)) {
      throw new DecodeException(Rejection.OUT_OF_RANGE, "scaled, it is not a finite number");
    }
  }

  private Value within(Value model) throws DecodeException {
    if (model instanceof Value.Num || model instanceof Value.Int) {
      double number = number(model);
      @Nullable Double minimum = schema.minimum().orElse(null);
      @Nullable Double maximum = schema.maximum().orElse(null);
      if ((minimum != null && number < minimum) || (maximum != null && number > maximum)) {
        throw new DecodeException(
            Rejection.OUT_OF_RANGE,
            model.text()
                + " is out of range; accepted: "
                + bound(minimum)
                + " to "
                + bound(maximum));
      }
    } else if (model instanceof Value.Text text
        && !options.isEmpty()
        && !options.contains(text.value())) {
      throw new DecodeException(
          Rejection.WRONG_TYPE,
          "'" + brief(text.value()) + "' is not accepted; accepted: " + schema.options());
    }
    return model;
  }

  private static String bound(@Nullable Double bound) {
    return bound == null ? "any" : SenMl.number(bound);
  }

  private DecodeException wrongType(Value value) {
    List<String> accepted = schema.wire().stream().map(WireWord::wire).toList();
    return new DecodeException(
        Rejection.WRONG_TYPE,
        "'"
            + brief(value.text())
            + "' is "
            + value.getClass().getSimpleName()
            + "; accepted: "
            + schema.type()
            + (accepted.isEmpty() ? "" : " or one of " + accepted));
  }

  private static String brief(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }
}
