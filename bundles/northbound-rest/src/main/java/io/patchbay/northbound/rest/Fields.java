package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A JSON object of the known keys, read strictly. */
final class Fields {
  private final JsonNode node;
  private final String where;

  private Fields(JsonNode node, String where) {
    this.node = node;
    this.where = where;
  }

  static Fields of(JsonNode node, String where, List<String> keys) {
    if (!node.isObject()) {
      throw Problem.bad(where + " is no JSON object; accepted keys: " + String.join(", ", keys));
    }
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!keys.contains(name)) {
                throw Problem.bad(
                    where + " has the key '" + name + "'; accepted: " + String.join(", ", keys));
              }
            });
    return new Fields(node, where);
  }

  boolean has(String key) {
    return node.has(key);
  }

  JsonNode node(String key) {
    JsonNode value = node.get(key);
    if (value == null) {
      throw Problem.bad(where + " lacks the key '" + key + "'");
    }
    return value;
  }

  String text(String key) {
    JsonNode value = node(key);
    if (!value.isTextual()) {
      throw wrong(key, "text");
    }
    return value.textValue();
  }

  Optional<String> optionalText(String key) {
    return has(key) ? Optional.of(text(key)) : Optional.empty();
  }

  boolean flag(String key, boolean otherwise) {
    if (!has(key)) {
      return otherwise;
    }
    if (!node(key).isBoolean()) {
      throw wrong(key, "true or false");
    }
    return node(key).booleanValue();
  }

  long integer(String key) {
    JsonNode value = node(key);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw wrong(key, "an integer of 64 bits");
    }
    return value.longValue();
  }

  double number(String key) {
    JsonNode value = node(key);
    if (!value.isNumber()) {
      throw wrong(key, "a number");
    }
    return value.doubleValue();
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    if (!has(key)) {
      return texts;
    }
    if (!node(key).isArray()) {
      throw wrong(key, "a list of texts");
    }
    for (JsonNode element : node(key)) {
      if (!element.isTextual()) {
        throw wrong(key, "a list of texts");
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  Map<String, String> map(String key) {
    Map<String, String> map = new TreeMap<>();
    if (!has(key)) {
      return map;
    }
    if (!node(key).isObject()) {
      throw wrong(key, "an object of texts");
    }
    for (Map.Entry<String, JsonNode> entry : node(key).properties()) {
      if (!entry.getValue().isTextual()) {
        throw wrong(key + "." + entry.getKey(), "text");
      }
      map.put(entry.getKey(), entry.getValue().textValue());
    }
    return map;
  }

  private Problem wrong(String key, String accepted) {
    return Problem.bad("'" + key + "' of " + where + " is of another type; accepted: " + accepted);
  }
}
