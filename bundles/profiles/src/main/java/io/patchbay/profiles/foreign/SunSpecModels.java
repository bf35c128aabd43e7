package io.patchbay.profiles.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Models as the SunSpec Alliance publishes them (JSON), one or more, as one profile. Where a model
 * lies is found at run time; addresses count from its first register.
 */
public final class SunSpecModels {
  /** How a type lies in registers, and what it holds when the device does not have the point. */
  private record Kind(String type, int registers, String absent) {}

  private static final int UNKNOWN = -1;
  private static final int LONGEST = 125;
  private static final int MOST_COPIES = 1_000;

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("int16", new Kind("int16", 1, "0x8000")),
          Map.entry("uint16", new Kind("uint16", 1, "0xFFFF")),
          Map.entry("count", new Kind("uint16", 1, "0xFFFF")),
          Map.entry("acc16", new Kind("uint16", 1, "0")),
          Map.entry("enum16", new Kind("uint16", 1, "0xFFFF")),
          Map.entry("bitfield16", new Kind("uint16", 1, "0xFFFF")),
          Map.entry("int32", new Kind("int32", 2, "0x80000000")),
          Map.entry("uint32", new Kind("uint32", 2, "0xFFFFFFFF")),
          Map.entry("acc32", new Kind("uint32", 2, "0")),
          Map.entry("enum32", new Kind("uint32", 2, "0xFFFFFFFF")),
          Map.entry("bitfield32", new Kind("uint32", 2, "0xFFFFFFFF")),
          Map.entry("int64", new Kind("int64", 4, "0x8000000000000000")),
          Map.entry("uint64", new Kind("uint64", 4, "0xFFFFFFFFFFFFFFFF")),
          Map.entry("acc64", new Kind("uint64", 4, "0")),
          Map.entry("bitfield64", new Kind("uint64", 4, "0xFFFFFFFFFFFFFFFF")),
          Map.entry("float32", new Kind("float32", 2, "")),
          Map.entry("float64", new Kind("float64", 4, "")),
          Map.entry("string", new Kind("string", 0, "")),
          Map.entry("ipaddr", new Kind("bytes", 2, "")),
          Map.entry("ipv6addr", new Kind("bytes", 8, "")),
          Map.entry("eui48", new Kind("bytes", 4, "")));

  /** Points that are no data. */
  private static final Set<String> STRUCTURE = Set.of("sunssf", "pad");

  /** A scale factor: a register, or a number that the model itself says. */
  private record Scope(Map<String, Integer> factors, @Nullable Scope around) {
    static final Scope NONE = new Scope(Map.of(), null);

    @Nullable Integer factor(String name) {
      @Nullable Integer at = factors.get(name);
      return at != null || around == null ? at : around.factor(name);
    }
  }

  private final Source source;
  private final Draft draft;
  private final Map<String, Integer> counts;
  private final String poll;
  private final int model;

  private SunSpecModels(
      Source source, Draft draft, Map<String, Integer> counts, String poll, int model) {
    this.source = source;
    this.draft = draft;
    this.counts = counts;
    this.poll = poll;
    this.model = model;
  }

  /**
   * @param id empty for one made of the models' numbers
   * @param counts how often groups repeat, by their names or those of the points that say it
   * @param poll of what is measured
   */
  public static Draft read(
      List<Source> sources, String id, Map<String, Integer> counts, String poll) {
    Map<Integer, Source> models = new LinkedHashMap<>();
    StringBuilder title = new StringBuilder("SunSpec:");
    for (Source source : sources) {
      int model = model(source);
      if (model > 0 && models.putIfAbsent(model, source) != null) {
        source.error("/id", "model " + model + " is given twice");
      } else if (model > 0) {
        JsonNode group = source.tree().path("group");
        String label = group.path("label").asText(group.path("name").asText(""));
        title.append(title.charAt(title.length() - 1) == ':' ? " " : ", ").append(label.strip());
      }
    }
    StringBuilder made = new StringBuilder("sunspec");
    models.keySet().stream().filter(one -> one != 1).forEach(one -> made.append('-').append(one));
    String named = made.length() > 60 ? made.substring(0, 60) : made.toString();
    Draft draft =
        new Draft(
            id.isEmpty() ? named : id,
            title.toString(),
            "Imported from SunSpec models "
                + models.keySet()
                + "; where they lie is found on the device");
    models.forEach((model, source) -> new SunSpecModels(source, draft, counts, poll, model).read());
    return draft;
  }

  private static int model(Source source) {
    JsonNode tree = source.tree();
    if (!tree.path("group").path("points").isArray()) {
      source.error(
          "/group",
          "no SunSpec model: 'group' with 'points' is missing; accepted: json/model_N.json of"
              + " github.com/sunspec/models");
      return 0;
    }
    int id = tree.path("id").asInt(0);
    if (id < 1 || id > 65_534) {
      source.error("/id", "the model's 'id' must be 1 to 65534, not " + tree.path("id"));
      return 0;
    }
    return id;
  }

  private void read() {
    place(source.tree().path("group"), "/group", 0, "", Scope.NONE);
  }

  /**
   * @param at offset of the group's first register in the model
   * @return offset behind it; {@value #UNKNOWN} when it is not known before the device is asked
   */
  private int place(JsonNode group, String pointer, int at, String prefix, Scope around) {
    Map<String, Integer> factors = new HashMap<>();
    Scope scope = new Scope(factors, around);
    int end = at;
    int index = 0;
    for (JsonNode point : group.path("points")) {
      String type = point.path("type").asText("");
      int size = point.path("size").asInt(0);
      if (size < 1 || size > 65_535 || (!STRUCTURE.contains(type) && !KINDS.containsKey(type))) {
        source.error(
            pointer + "/points/" + index,
            "point '"
                + point.path("name").asText("")
                + "': type '"
                + type
                + "' of "
                + size
                + " registers is not known; accepted types: "
                + String.join(", ", KINDS.keySet().stream().sorted().toList())
                + ", sunssf, pad");
        return UNKNOWN;
      }
      if (type.equals("sunssf")) {
        factors.put(point.path("name").asText(""), end);
      }
      end += size;
      index++;
    }
    int next = at;
    index = 0;
    for (JsonNode point : group.path("points")) {
      point(point, pointer + "/points/" + index++, next, prefix, scope);
      next += point.path("size").asInt(0);
    }
    index = 0;
    for (JsonNode inner : group.path("groups")) {
      end = repeated(inner, pointer + "/groups/" + index++, end, prefix, scope);
    }
    return end;
  }

  private int repeated(JsonNode group, String pointer, int at, String prefix, Scope around) {
    String name = group.path("name").asText("");
    JsonNode count = group.path("count");
    String says = count.asText("1");
    boolean fixed = !group.has("count") || count.asInt(0) > 0;
    boolean rest = count.isIntegralNumber() && count.asInt() == 0;
    @Nullable Integer told = counts.containsKey(name) ? counts.get(name) : counts.get(says);
    if (at == UNKNOWN) {
      source.warn(
          pointer,
          "group '"
              + name
              + "' is left out: where it lies is not known, say how often what is before it repeats");
      return UNKNOWN;
    }
    int copies = told != null ? told : fixed ? count.asInt(1) : 1;
    if (copies > MOST_COPIES) {
      source.error(pointer, "group '" + name + "' repeats " + copies + " times; accepted: 1000");
      return UNKNOWN;
    } else if (told == null && !fixed) {
      source.warn(
          pointer,
          "group '"
              + name
              + "' repeats "
              + (rest ? "to the end of the model" : says + " times")
              + "; one is imported: --count "
              + (rest ? name : says)
              + "=N says how many the device has");
    }
    int end = at;
    for (int i = 1; i <= copies && end != UNKNOWN; i++) {
      String numbered = group.has("count") ? name + i : name;
      end = place(group, pointer, end, prefix + numbered + "-", around);
    }
    return told != null || fixed ? end : UNKNOWN;
  }

  private void point(JsonNode point, String pointer, int at, String prefix, Scope scope) {
    String type = point.path("type").asText("");
    String written = point.path("name").asText("");
    boolean head = at < 2 && prefix.isEmpty();
    if (STRUCTURE.contains(type) || head) {
      return; // the model's number and length, and what only helps to read others
    } else if (point.path("size").asInt() > LONGEST) {
      source.warn(pointer, "point '" + written + "' is left out: one request reads 125 registers");
      return;
    }
    Kind kind = kind(type);
    Draft.Point made = new Draft.Point();
    made.form("sunspec", model).form("address", at);
    made.form("type", kind.type());
    if (kind.registers() == 0 || kind.type().equals("bytes")) {
      made.form("length", point.path("size").asInt());
    }
    if (!kind.absent().isEmpty()) {
      made.form("absent", new Draft.Plain(kind.absent()));
    }
    boolean scaled = factor(point, pointer, kind, made, scope);
    boolean writable = point.path("access").asText("R").equals("RW");
    if (writable) {
      made.writable(true);
    }
    String label = point.path("label").asText(written);
    made.says("title", label.strip());
    made.says("description", point.path("desc").asText("").strip());
    String every = point.path("static").asText("").equals("S") ? "1h" : poll;
    String name = name(prefix, written);
    JsonNode symbols = point.path("symbols");
    if (type.startsWith("bitfield") && !symbols.isEmpty() && !writable) {
      bits(point, pointer, at, kind, every, name);
      return;
    }
    Map<String, Object> words = new LinkedHashMap<>();
    if (type.startsWith("enum")) {
      symbols.forEach(
          symbol -> words.put(symbol.path("value").asText(), symbol.path("name").asText()));
    }
    made.says("type", schemaType(kind, scaled, !words.isEmpty()));
    if (words.isEmpty() && !kind.type().equals("string") && !kind.type().equals("bytes")) {
      Quantity.of(point.path("units").asText("-"))
          .ifPresent(quantity -> made.says("type", "number").measures(quantity, writable));
    } else if (!words.isEmpty()) {
      made.says("values", words);
    }
    draft.add(name, made.says("poll", every));
  }

  private static Kind kind(String type) {
    Kind kind = KINDS.get(type);
    if (kind == null) {
      throw new IllegalStateException(type);
    }
    return kind;
  }

  private static String schemaType(Kind kind, boolean scaled, boolean words) {
    if (kind.type().equals("string") || words) {
      return "string";
    } else if (kind.type().equals("bytes")) {
      return "data";
    }
    return scaled || kind.type().startsWith("float") ? "number" : "integer";
  }

  /** Whether the value is scaled. */
  private boolean factor(JsonNode point, String pointer, Kind kind, Draft.Point made, Scope scope) {
    JsonNode factor = point.path("sf");
    if (factor.isMissingNode() || kind.type().startsWith("float")) {
      return false;
    } else if (factor.isIntegralNumber()) {
      made.says("scale", BigDecimal.ONE.scaleByPowerOfTen(factor.asInt()));
      return true;
    }
    @Nullable Integer at = scope.factor(factor.asText());
    if (at == null) {
      source.error(pointer + "/sf", "there is no scale factor '" + factor.asText() + "'");
      return false;
    }
    made.form("factor", at);
    return true;
  }

  /** Every bit that has a name is a property of its own; all of them are read in one. */
  private void bits(JsonNode point, String pointer, int at, Kind kind, String every, String name) {
    for (JsonNode symbol : point.path("symbols")) {
      int bit = symbol.path("value").asInt(-1);
      if (bit < 0 || bit >= 16 * kind.registers()) {
        source.error(pointer + "/symbols", "bit " + symbol.path("value") + " is not there");
        continue;
      }
      String word = symbol.path("name").asText("bit" + bit);
      Draft.Point made = new Draft.Point();
      made.form("sunspec", model).form("address", at).form("type", kind.type()).form("bit", bit);
      made.form("absent", new Draft.Plain(kind.absent()));
      made.says("title", symbol.path("label").asText(word).strip());
      made.says("description", symbol.path("desc").asText("").strip());
      draft.add(name("", name + "-" + word), made.says("type", "boolean").says("poll", every));
    }
  }

  /** Names that several models have are told apart by the model's number. */
  private String name(String prefix, String written) {
    String name = Draft.name(prefix + written);
    String apart = draft.has(name) ? Draft.name(model + "-" + name) : name;
    for (int i = 2; draft.has(apart); i++) {
      apart = Draft.name("m" + model + "-" + i + "-" + name);
    }
    return apart;
  }
}
