package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Message;
import org.apache.camel.util.json.DeserializationException;
import org.apache.camel.util.json.Jsoner;
import org.jspecify.annotations.Nullable;

/**
 * Makes a command of a message: the body is one, or headers name thing and property or action and
 * the body is the value. Text is read as JSON where it is JSON ({@code true}, {@code 21.5}, {@code
 * "on"}, for actions {@code {"level":3}}), otherwise it is text. A property without a body is read.
 */
final class CommandBody {
  private CommandBody() {}

  /**
   * @param deadline unless the message has one
   * @throws IllegalArgumentException saying what is missing or not understood
   */
  static Command read(Message message, Instant deadline) {
    Object body = message.getBody();
    if (body instanceof Command command) {
      return command;
    }
    ThingId thing = new ThingId(text(message, HubHeaders.THING, "the name of the thing"));
    Instant until = deadline(message, deadline);
    Object value = json(body);
    String action = message.getHeader(HubHeaders.ACTION, String.class);
    if (action != null) {
      return new Command.Invoke(thing, action, input(value), until);
    }
    String property =
        text(message, HubHeaders.PROPERTY, "the property (or " + HubHeaders.ACTION + ")");
    return value == null
        ? new Command.Read(thing, List.of(property), until)
        : new Command.Write(thing, property, value(value), until);
  }

  private static String text(Message message, String header, String what) {
    String text = message.getHeader(header, String.class);
    if (text == null || text.isEmpty()) {
      throw new IllegalArgumentException(
          "hub:command needs a Command as body, or the header " + header + " with " + what);
    }
    return text;
  }

  private static Instant deadline(Message message, Instant otherwise) {
    Object deadline = message.getHeader(HubHeaders.DEADLINE);
    if (deadline == null) {
      return otherwise;
    } else if (deadline instanceof Instant instant) {
      return instant;
    } else if (deadline instanceof Long millis) {
      return Instant.ofEpochMilli(millis);
    }
    try {
      return Instant.parse(deadline.toString());
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          HubHeaders.DEADLINE
              + "="
              + deadline
              + " is not understood; accepted: 2026-01-31T12:00:00Z, milliseconds since 1970",
          e);
    }
  }

  private static @Nullable Object json(@Nullable Object body) {
    if (body instanceof byte[] octets) {
      return json(new String(octets, StandardCharsets.UTF_8));
    } else if (body instanceof InputStream) {
      throw new IllegalArgumentException(
          "hub:command got a stream; put 'convertBodyTo: {type: String}' before it");
    } else if (!(body instanceof String text)) {
      return body;
    } else if (text.isBlank()) {
      return null;
    } else {
      try {
        return Jsoner.deserialize(text);
      } catch (DeserializationException e) {
        return text;
      }
    }
  }

  private static Map<String, Value> input(@Nullable Object value) {
    if (value == null) {
      return Map.of();
    }
    Map<String, Value> input = new HashMap<>();
    if (value instanceof Map<?, ?> fields) {
      fields.forEach((name, field) -> input.put(String.valueOf(name), value(field)));
    } else {
      input.put("value", value(value));
    }
    return input;
  }

  private static Value value(@Nullable Object value) {
    if (value instanceof Value already) {
      return already;
    } else if (value instanceof Boolean bool) {
      return new Value.Bool(bool);
    } else if (value instanceof String text) {
      return new Value.Text(text);
    } else if (value instanceof Bytes bytes) {
      return new Value.Data(bytes);
    } else if (value instanceof BigDecimal decimal) {
      return decimal.scale() <= 0 ? integer(decimal.toBigInteger()) : number(decimal.doubleValue());
    } else if (value instanceof BigInteger integer) {
      return integer(integer);
    } else if (value instanceof Double || value instanceof Float) {
      return number(((Number) value).doubleValue());
    } else if (value instanceof Number integer) {
      return new Value.Int(integer.longValue());
    }
    throw new IllegalArgumentException(
        "hub:command cannot make a value of "
            + (value == null ? "null" : value.getClass().getName())
            + "; accepted: true or false, a number, text, a Value; for actions a map of them");
  }

  private static Value number(double number) {
    return new Value.Num(number);
  }

  private static Value integer(BigInteger integer) {
    if (integer.bitLength() > 63) {
      throw new IllegalArgumentException(
          integer + " is too large; accepted: integers of 64 bits with sign");
    }
    return new Value.Int(integer.longValue());
  }
}
