package io.patchbay.profiles.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A device profile of EdgeX Foundry, 2 and later, whose resources are registers (device-modbus).
 */
public final class EdgexProfile {
  private static final Map<String, String> TABLES =
      Map.of(
          "COILS", "coil",
          "DISCRETES_INPUT", "discrete",
          "DISCRETE_INPUTS", "discrete",
          "INPUT_REGISTERS", "input",
          "HOLDING_REGISTERS", "holding");

  private static final Map<String, String> TYPES =
      Map.of(
          "BOOL", "bool",
          "INT16", "int16",
          "UINT16", "uint16",
          "INT32", "int32",
          "UINT32", "uint32",
          "INT64", "int64",
          "UINT64", "uint64",
          "FLOAT32", "float32",
          "FLOAT64", "float64",
          "STRING", "string");

  private final Source source;
  private final Draft draft;
  private final String poll;
  private final Map<String, JsonNode> words = new HashMap<>();

  private EdgexProfile(Source source, Draft draft, String poll) {
    this.source = source;
    this.draft = draft;
    this.poll = poll;
  }

  /**
   * @param id empty for the profile's own name
   */
  public static Draft read(Source source, String id, String poll) {
    JsonNode tree = source.tree();
    String name = tree.path("name").asText("");
    String maker = (tree.path("manufacturer").asText("") + " " + tree.path("model").asText(""));
    Draft draft =
        new Draft(
            id.isEmpty() ? Draft.name(name).toLowerCase(Locale.ROOT).replaceAll("^_", "") : id,
            maker.isBlank() ? name : maker.strip(),
            "Imported from the EdgeX profile " + CsvRegisters.last(source.name()));
    if (name.isEmpty() || !tree.path("deviceResources").isArray()) {
      source.error(
          "", "no device profile of EdgeX: 'name' or the list 'deviceResources' is missing");
    } else {
      new EdgexProfile(source, draft, poll).read();
    }
    return draft;
  }

  private void read() {
    for (JsonNode command : source.tree().path("deviceCommands")) {
      for (JsonNode operation : command.path("resourceOperations")) {
        if (operation.path("mappings").isObject()) {
          words.putIfAbsent(
              operation.path("deviceResource").asText(""), operation.path("mappings"));
        }
      }
    }
    int index = 0;
    for (JsonNode resource : source.tree().path("deviceResources")) {
      String pointer = "/deviceResources/" + index++;
      try {
        resource(resource, pointer);
      } catch (Refused refused) {
        source.error(
            pointer + refused.below,
            "resource '" + resource.path("name").asText("") + "': " + refused.getMessage());
      }
    }
  }

  private static final class Refused extends Exception {
    @java.io.Serial private static final long serialVersionUID = 1L;
    private final String below;

    /**
     * @param below pointer of what is wrong in the resource
     */
    Refused(String below, String message) {
      super(message, null, false, false);
      this.below = below;
    }
  }

  private void resource(JsonNode resource, String pointer) throws Refused {
    JsonNode attributes = resource.path("attributes");
    JsonNode properties = resource.path("properties");
    String written = resource.path("name").asText("");
    String name = Draft.name(written);
    if (written.isEmpty()) {
      throw new Refused("", "'name' is missing");
    } else if (draft.has(name)) {
      throw new Refused("/name", "the name is there twice");
    } else if (properties.path("value").isObject()) {
      throw new Refused(
          "/properties/value",
          "this is the form of EdgeX 1, whose addresses count otherwise; accepted: EdgeX 2 and"
              + " later, with 'valueType'");
    }
    String table = word(attributes, "/attributes", "primaryTable", TABLES);
    String type = word(properties, "/properties", "valueType", TYPES);
    String raw =
        attributes.has("rawType") ? word(attributes, "/attributes", "rawType", TYPES) : type;
    boolean registers = table.equals("holding") || table.equals("input");
    if (!registers && !type.equals("bool")) {
      throw new Refused("/properties/valueType", "of " + table + " accepted: Bool");
    }
    Draft.Point point = new Draft.Point();
    point.form("table", table);
    address(attributes, type, registers, point);
    if (registers) {
      layout(attributes, raw, point);
    }
    String access = properties.path("readWrite").asText("R").toUpperCase(Locale.ROOT);
    if (!access.matches("R|W|RW|WR")) {
      throw new Refused("/properties/readWrite", "'" + access + "'; accepted: R, W, RW");
    }
    boolean writable = access.contains("W");
    if (writable) {
      point.writable(access.contains("R"));
    }
    point.says("title", written.strip());
    point.says("description", resource.path("description").asText("").strip());
    value(resource, pointer, type, raw, writable, point);
    if (access.contains("R")) {
      point.says("poll", poll);
    }
    draft.add(name, point);
  }

  private static String word(JsonNode node, String below, String key, Map<String, String> accepted)
      throws Refused {
    String given = node.path(key).asText("");
    String known = accepted.get(given.toUpperCase(Locale.ROOT));
    if (known == null) {
      throw new Refused(
          node.has(key) ? below + "/" + key : below,
          key
              + (node.has(key) ? " '" + given + "' is not known" : " is missing")
              + "; accepted: "
              + String.join(", ", accepted.keySet().stream().sorted().toList()));
    }
    return known;
  }

  /** A fraction is a bit, as EdgeX prints it: with two digits when it is a number. */
  private static void address(
      JsonNode attributes, String type, boolean registers, Draft.Point point) throws Refused {
    JsonNode node = attributes.path("startingAddress");
    String text =
        node.isFloatingPointNumber()
            ? String.format(Locale.ROOT, "%.2f", node.asDouble())
            : node.asText("");
    if (!text.matches("[0-9]{1,5}(\\.[0-9]{1,2})?")) {
      throw new Refused(
          "/attributes" + (node.isMissingNode() ? "" : "/startingAddress"),
          "startingAddress '" + text + "' is none; accepted: 0 to 65535, 10.03 for bit 3 of 10");
    }
    int dot = text.indexOf('.');
    int address = Integer.parseInt(dot < 0 ? text : text.substring(0, dot));
    int bit = dot < 0 ? 0 : Integer.parseInt(text.substring(dot + 1));
    if (address > 65_535 || bit > 15 || (dot >= 0 && !type.equals("bool") && bit != 0)) {
      throw new Refused(
          "/attributes/startingAddress",
          "startingAddress '" + text + "' is none; a bit, 0 to 15, is for Bool in registers");
    }
    point.form("address", address);
    if (registers && type.equals("bool")) {
      point.form("bit", bit);
    }
  }

  private static void layout(JsonNode attributes, String raw, Draft.Point point) throws Refused {
    boolean octets = attributes.path("isByteSwap").asBoolean(false);
    boolean swapped = attributes.path("isWordSwap").asBoolean(false);
    point.form("type", raw.equals("bool") ? "uint16" : raw);
    if (raw.endsWith("32") && (octets || swapped)) {
      point.form("order", octets && swapped ? "DCBA" : octets ? "BADC" : "CDAB");
    }
    if (raw.equals("string")) {
      int length = attributes.path("stringRegisterSize").asInt(0);
      if (length < 1 || length > 123) {
        throw new Refused("/attributes", "stringRegisterSize must be 1 to 123, not " + length);
      }
      point.form("length", length);
    }
  }

  private void value(
      JsonNode resource,
      String pointer,
      String type,
      String raw,
      boolean writable,
      Draft.Point point)
      throws Refused {
    JsonNode properties = resource.path("properties");
    for (String key : new String[] {"base", "mask", "shift"}) {
      BigDecimal number = number(properties, key);
      if (number.signum() != 0) {
        throw new Refused("/properties/" + key, "'" + key + "' has no counterpart");
      }
    }
    JsonNode mappings = words.get(resource.path("name").asText(""));
    if (type.contains("int") && mappings != null) {
      Map<String, Object> values = new LinkedHashMap<>();
      mappings.properties().forEach(one -> values.put(one.getKey(), one.getValue().asText()));
      point.says("type", "string").says("values", values);
      return;
    } else if (type.equals("bool") || type.equals("string")) {
      point.says("type", type.equals("bool") ? "boolean" : "string");
      return;
    }
    BigDecimal scale = number(properties, "scale");
    BigDecimal offset = number(properties, "offset");
    boolean scaled =
        (scale.signum() != 0 && scale.compareTo(BigDecimal.ONE) != 0) || offset.signum() != 0;
    boolean real = raw.startsWith("float") || type.startsWith("float");
    point.says("type", scaled || real ? "number" : "integer");
    String unit = properties.path("units").asText("");
    Quantity quantity = Quantity.of(unit).orElse(null);
    if (quantity != null) {
      point.says("type", "number").measures(quantity, writable);
    } else if (!unit.isEmpty()) {
      source.warn(
          pointer + "/properties/units",
          "resource '"
              + resource.path("name").asText("")
              + "': unit '"
              + unit
              + "' is not known and left out");
    }
    if (scaled) {
      point.says("scale", scale.signum() == 0 ? BigDecimal.ONE : scale);
      if (offset.signum() != 0) {
        point.says("offset", offset);
      }
    } else if (quantity == null || quantity.from().isEmpty()) {
      for (String key : new String[] {"minimum", "maximum"}) {
        if (!properties.path(key).asText("").isEmpty()) {
          point.says(key, number(properties, key));
        }
      }
    }
  }

  /** Also one in quotes; 0 when it is not there. */
  private static BigDecimal number(JsonNode properties, String key) throws Refused {
    String text = properties.path(key).asText("");
    try {
      return text.isEmpty() ? BigDecimal.ZERO : new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw new Refused("/properties/" + key, key + " must be a number, not '" + text + "'");
    }
  }
}
