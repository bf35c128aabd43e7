package io.patchbay.profiles.javascript;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.NativeArray;
import org.mozilla.javascript.ScriptRuntime;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.Symbol;
import org.mozilla.javascript.Undefined;
import org.mozilla.javascript.typedarrays.NativeTypedArrayView;

/** Values into a script and out of it; out of it they are bounded like everything it does. */
final class Values {
  private static final int DEEPEST = 32;
  private static final int MOST = 10_000;
  private static final JsonNodeFactory MAKE = JsonNodeFactory.instance;

  private Values() {}

  static Object script(Run run, Scriptable scope, Object value) {
    if (value instanceof byte[] octets) {
      Object[] numbers = new Object[octets.length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = octets[i] & 0xFF;
      }
      return run.newArray(scope, numbers);
    } else if (value instanceof Instant instant) {
      return run.newObject(scope, "Date", new Object[] {(double) instant.toEpochMilli()});
    } else if (value instanceof List<?> list) {
      return run.newArray(
          scope,
          list.stream().map(one -> script(run, scope, Objects.requireNonNull(one))).toArray());
    } else if (value instanceof Map<?, ?> map) {
      Scriptable object = run.newObject(scope);
      map.forEach(
          (name, inner) ->
              ScriptableObject.putProperty(
                  object, String.valueOf(name), script(run, scope, Objects.requireNonNull(inner))));
      return object;
    } else if (value instanceof Long integer) {
      return integer.doubleValue();
    }
    return value;
  }

  static JsonNode json(Run run, @Nullable Object value) throws ScriptException {
    JsonNode node = new Reading(run).node(value, 0);
    return node == null ? MissingNode.getInstance() : node;
  }

  /** One result. What has a getter is asked for it, as JSON.stringify would. */
  private static final class Reading {
    private final Run run;
    private int nodes;

    private Reading(Run run) {
      this.run = run;
    }

    @Nullable JsonNode node(@Nullable Object value, int depth) throws ScriptException {
      if (++nodes > MOST) {
        throw new ScriptException(0, "it gave more than " + MOST + " values", true);
      } else if (depth > DEEPEST) {
        throw new ScriptException(
            0, "what it gave is nested deeper than " + DEEPEST + " levels, or within itself", true);
      }
      run.spend(5);
      if (value == null) {
        return MAKE.nullNode();
      } else if (value instanceof CharSequence text) {
        run.spend(text.length() / 8);
        return MAKE.textNode(text.toString());
      } else if (value instanceof Boolean bool) {
        return MAKE.booleanNode(bool);
      } else if (value instanceof Number number) {
        return number(number.doubleValue());
      } else if (value instanceof NativeTypedArrayView<?> view) {
        return elements(view, view.size(), depth);
      } else if (value instanceof NativeArray array) {
        return elements(array, array.getLength(), depth);
      } else if (value instanceof Scriptable object && !(value instanceof Function)) {
        return members(object, depth);
      }
      return null;
    }

    /** What is no number of JSON is none. */
    private static JsonNode number(double number) {
      return !Double.isFinite(number)
          ? MAKE.nullNode()
          : number == Math.rint(number) && Math.abs(number) < 1L << 53
              ? MAKE.numberNode((long) number)
              : MAKE.numberNode(number);
    }

    private JsonNode elements(Scriptable array, long length, int depth) throws ScriptException {
      if (length > MOST) {
        throw new ScriptException(0, "it gave a list of " + length + " elements", true);
      }
      ArrayNode nodes = MAKE.arrayNode();
      for (int i = 0; i < length; i++) {
        JsonNode node = node(ScriptableObject.getProperty(array, i), depth + 1);
        nodes.add(node == null ? MAKE.nullNode() : node);
      }
      return nodes;
    }

    private @Nullable JsonNode members(Scriptable object, int depth) throws ScriptException {
      if (Undefined.isUndefined(object)) {
        return null;
      }
      switch (object.getClassName()) {
        case "Date" -> {
          double time = ScriptRuntime.toNumber(object.getDefaultValue(ScriptRuntime.NumberClass));
          return Math.abs(time) <= 8.64e15
              ? MAKE.textNode(Instant.ofEpochMilli((long) time).toString())
              : MAKE.nullNode();
        }
        case "Number", "String", "Boolean" -> {
          return node(object.getDefaultValue(null), depth + 1);
        }
        default -> {
          // an object of names
        }
      }
      ObjectNode members = MAKE.objectNode();
      for (Object id : object.getIds()) {
        if (!(id instanceof Symbol)) {
          Object value =
              id instanceof Integer index
                  ? ScriptableObject.getProperty(object, index)
                  : ScriptableObject.getProperty(object, String.valueOf(id));
          JsonNode node = value == Scriptable.NOT_FOUND ? null : node(value, depth + 1);
          if (node != null) {
            members.set(String.valueOf(id), node);
          }
        }
      }
      return members;
    }
  }
}
