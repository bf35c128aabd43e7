package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Optional;

/**
 * What core does between wire and model, for a profile's own examples: words, scale, type, range.
 */
final class Conform {
  private Conform() {}

  static Value up(DataSchema schema, Value wire) throws DecodeException {
    for (DataSchema.WireWord word : schema.wire()) {
      if (word.wire().equals(wire.text())) {
        return within(schema, typed(schema, new Value.Text(word.model())));
      }
    }
    if (schema.identity()) {
      return within(schema, typed(schema, wire));
    }
    return within(schema, typed(schema, number(wire, schema.scale(), schema.offset())));
  }

  static Value down(DataSchema schema, Value model) throws DecodeException {
    Value checked = within(schema, typed(schema, model));
    for (DataSchema.WireWord word : schema.wire()) {
      if (word.model().equals(text(checked))) {
        return new Value.Text(word.wire());
      }
    }
    return schema.identity()
        ? checked
        : number(checked, 1 / schema.scale(), -schema.offset() / schema.scale());
  }

  private static String text(Value value) {
    return value instanceof Value.Num number && number.value() == Math.rint(number.value())
        ? BigDecimal.valueOf(number.value()).stripTrailingZeros().toPlainString()
        : value.text();
  }

  private static Value number(Value value, double scale, double offset) throws DecodeException {
    if (!(value instanceof Value.Int) && !(value instanceof Value.Num)) {
      throw wrong(value, "a number");
    }
    double wire = value instanceof Value.Int i ? i.value() : ((Value.Num) value).value();
    double exact = wire * scale + offset;
    if (!Double.isFinite(exact)) {
      throw new DecodeException(Rejection.OUT_OF_RANGE, "scaled, it is not a finite number");
    }
    return new Value.Num(new BigDecimal(exact).round(new MathContext(12)).doubleValue());
  }

  private static Value typed(DataSchema schema, Value value) throws DecodeException {
    boolean word = value instanceof Value.Text && !schema.wire().isEmpty();
    return switch (schema.type()) {
      case BOOLEAN -> {
        if (value instanceof Value.Bool) {
          yield value;
        }
        if (word && (value.text().equals("true") || value.text().equals("false"))) {
          yield new Value.Bool(value.text().equals("true"));
        }
        throw wrong(value, "boolean");
      }
      case INTEGER -> {
        if (value instanceof Value.Int) {
          yield value;
        }
        if (value instanceof Value.Num n
            && n.value() == Math.rint(n.value())
            && Math.abs(n.value()) < 0x1p53) {
          yield new Value.Int((long) n.value());
        }
        if (word && value.text().matches("-?\\d{1,18}")) {
          yield new Value.Int(Long.parseLong(value.text()));
        }
        throw wrong(value, "integer");
      }
      case NUMBER -> {
        if (value instanceof Value.Num) {
          yield value;
        }
        if (value instanceof Value.Int i) {
          yield new Value.Num(i.value());
        }
        if (word) {
          yield new Value.Num(Double.parseDouble(value.text()));
        }
        throw wrong(value, "number");
      }
      case STRING -> {
        if (value instanceof Value.Text) {
          yield value;
        }
        throw wrong(value, "string");
      }
      case DATA -> {
        if (value instanceof Value.Data) {
          yield value;
        }
        throw wrong(value, "data");
      }
    };
  }

  private static Value within(DataSchema schema, Value model) throws DecodeException {
    if (model instanceof Value.Int || model instanceof Value.Num) {
      double number = model instanceof Value.Int i ? i.value() : ((Value.Num) model).value();
      Optional<Double> low = schema.minimum().filter(minimum -> number < minimum);
      Optional<Double> high = schema.maximum().filter(maximum -> number > maximum);
      if (low.isPresent() || high.isPresent()) {
        throw new DecodeException(
            Rejection.OUT_OF_RANGE,
            model.text()
                + (low.isPresent()
                    ? " is below the minimum " + low.get()
                    : " is above the maximum " + high.orElseThrow()));
      }
    } else if (model instanceof Value.Text text
        && !schema.options().isEmpty()
        && !schema.options().contains(text.value())) {
      throw new DecodeException(
          Rejection.WRONG_TYPE, "'" + text.value() + "' is none of " + schema.options());
    }
    return model;
  }

  private static DecodeException wrong(Value value, String expected) {
    return new DecodeException(Rejection.WRONG_TYPE, "'" + value.text() + "' is not " + expected);
  }
}
