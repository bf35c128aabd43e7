package io.patchbay.northbound.modbus;

import io.patchbay.northbound.modbus.MapPoint.Order;
import io.patchbay.northbound.modbus.MapPoint.RegisterType;
import io.patchbay.northbound.modbus.MapPoint.Table;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Finding.Severity;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads a map from YAML; everything that is wrong is said with its line. */
final class MapFile {
  static final int LARGEST = 1 << 20;
  private static final int MOST_POINTS = 20_000;
  private static final int LAST = 0xFFFF;
  private static final Set<String> KEYS =
      Set.of(
          "thing",
          "property",
          "unit",
          "table",
          "address",
          "type",
          "order",
          "length",
          "scale",
          "values",
          "absent",
          "access");

  /**
   * @param lines of the points
   */
  record Content(List<MapPoint> points, List<Integer> lines, List<Finding> findings) {
    boolean good() {
      return findings.isEmpty();
    }
  }

  private final String file;
  private final List<Finding> findings = new ArrayList<>();
  private final List<MapPoint> points = new ArrayList<>();
  private final List<Integer> lines = new ArrayList<>();

  private MapFile(String file) {
    this.file = file;
  }

  /** Whether it is called as maps are. */
  static boolean named(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return (name.endsWith(".yaml") || name.endsWith(".yml")) && !name.startsWith(".");
  }

  /**
   * @param shown as a person knows it
   */
  static Content read(String shown, Path file) throws IOException {
    if (Files.size(file) > LARGEST) {
      return refused(shown, "longer than 1 MiB");
    }
    try {
      return read(shown, Files.readString(file));
    } catch (CharacterCodingException e) {
      return refused(shown, "not UTF-8");
    }
  }

  private static Content refused(String shown, String why) {
    return new Content(List.of(), List.of(), List.of(new Finding(Severity.ERROR, shown, 0, why)));
  }

  /**
   * @param file as a person knows it
   */
  static Content read(String file, String text) {
    MapFile map = new MapFile(file);
    map.read(text);
    return new Content(List.copyOf(map.points), List.copyOf(map.lines), List.copyOf(map.findings));
  }

  private static final class Wrong extends RuntimeException {
    @java.io.Serial private static final long serialVersionUID = 1L;
    private final int line;

    Wrong(int line, String message) {
      super(message, null, false, false);
      this.line = line;
    }
  }

  private void error(int line, String message) {
    findings.add(new Finding(Severity.ERROR, file, line, message));
  }

  private void read(String text) {
    try {
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(text));
      if (root == null) {
        throw new Wrong(0, "empty; accepted: 'points', a list");
      }
      Map<String, Node> top = members(root, Set.of("points"));
      Node list = top.get("points");
      if (!(list instanceof SequenceNode sequence)) {
        throw new Wrong(line(list == null ? root : list), "'points' must be a list of points");
      }
      for (Node node : sequence.getValue()) {
        point(node);
      }
    } catch (Wrong wrong) {
      error(wrong.line, String.valueOf(wrong.getMessage()));
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
      error(line, "not YAML: " + e.getProblem());
    } catch (YAMLException e) {
      error(0, "not YAML: " + e.getMessage());
    }
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static Map<String, Node> members(Node node, Set<String> accepted) {
    if (!(node instanceof MappingNode mapping)) {
      throw new Wrong(line(node), "a mapping is needed; accepted keys: " + sorted(accepted));
    }
    Map<String, Node> members = new HashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String key = tuple.getKeyNode() instanceof ScalarNode name ? name.getValue() : "?";
      if (!accepted.isEmpty() && !accepted.contains(key)) {
        throw new Wrong(
            line(tuple.getKeyNode()),
            "key '" + key + "' is not known; accepted: " + sorted(accepted));
      } else if (members.put(key, tuple.getValueNode()) != null) {
        throw new Wrong(line(tuple.getKeyNode()), "key '" + key + "' is there twice");
      }
    }
    return members;
  }

  private static String sorted(Set<String> words) {
    return String.join(", ", words.stream().sorted().toList());
  }

  private void point(Node node) {
    try {
      MapPoint point = new Reader(members(node, KEYS), line(node)).point();
      if (points.size() >= MOST_POINTS) {
        throw new Wrong(line(node), "more than " + MOST_POINTS + " points");
      }
      points.add(point);
      lines.add(line(node));
    } catch (Wrong wrong) {
      error(wrong.line, String.valueOf(wrong.getMessage()));
    }
  }

  /** One point. */
  private record Reader(Map<String, Node> members, int line) {
    MapPoint point() {
      Table table = word("table", Table.class, Table.HOLDING);
      RegisterType type =
          table.bits() ? RegisterType.BIT : word("type", RegisterType.class, RegisterType.UINT16);
      if ((table.bits() && members.containsKey("type"))
          || (!table.bits() && type == RegisterType.BIT)) {
        throw wrong("type", "type is for holding and input registers, and is a number or string");
      }
      boolean text = type == RegisterType.STRING;
      int length = text ? number("length", -1, 1, 125) : type.registers();
      if (!text && members.containsKey("length")) {
        throw wrong("length", "length is for type string");
      }
      int address = number("address", -1, 0, LAST);
      if (address + length > LAST + 1) {
        throw wrong("address", "it goes beyond address " + LAST);
      }
      String access = text("access").orElse("r");
      if (!access.equals("r") && !access.equals("rw")) {
        throw wrong("access", "access '" + access + "' is not known; accepted: r, rw");
      } else if (access.equals("rw") && !table.writable()) {
        throw wrong("access", "only a coil or a holding register is written");
      }
      return new MapPoint(
          number("unit", 1, 0, 255),
          table,
          address,
          type,
          word("order", Order.class, Order.ABCD),
          length,
          scale(),
          words(),
          text("absent").map(absent -> whole("absent", absent)),
          access.equals("rw"),
          thing(),
          text("property").orElseThrow(() -> new Wrong(line, "'property' is missing")));
    }

    private Wrong wrong(String key, String message) {
      Node node = members.get(key);
      return new Wrong(node == null ? line : MapFile.line(node), message);
    }

    private Optional<String> text(String key) {
      Node node = members.get(key);
      if (node == null) {
        return Optional.empty();
      } else if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
        return Optional.of(scalar.getValue());
      }
      throw wrong(key, "'" + key + "' must be one word or number");
    }

    private ThingId thing() {
      String thing = text("thing").orElseThrow(() -> new Wrong(line, "'thing' is missing"));
      try {
        return new ThingId(thing);
      } catch (IllegalArgumentException e) {
        throw wrong("thing", "'" + thing + "' is no name of a thing");
      }
    }

    private <E extends Enum<E>> E word(String key, Class<E> type, E otherwise) {
      String word = text(key).orElse(otherwise.name());
      for (E one : type.getEnumConstants()) {
        if (one.name().equalsIgnoreCase(word)) {
          return one;
        }
      }
      throw wrong(
          key,
          key
              + " '"
              + word
              + "' is not known; accepted: "
              + String.join(
                  ", ",
                  Arrays.stream(type.getEnumConstants())
                      .filter(one -> one != RegisterType.BIT)
                      .map(one -> key.equals("order") ? one.name() : lower(one))
                      .toList()));
    }

    private static String lower(Enum<?> one) {
      return one.name().toLowerCase(Locale.ROOT);
    }

    /**
     * @param otherwise below {@code from} when it must be there
     */
    private int number(String key, int otherwise, int from, int to) {
      String text = text(key).orElse("");
      if (text.isEmpty() && otherwise >= from) {
        return otherwise;
      } else if (text.isEmpty()) {
        throw new Wrong(line, "'" + key + "' is missing");
      }
      long number = whole(key, text);
      if (number < from || number > to) {
        throw wrong(key, key + " must be " + from + " to " + to + ", not " + text);
      }
      return (int) number;
    }

    private long whole(String key, String text) {
      try {
        boolean hex = text.startsWith("0x") || text.startsWith("0X");
        return hex ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw wrong(key, key + " must be a whole number (17, 0x11), not '" + text + "'");
      }
    }

    private BigDecimal scale() {
      String text = text("scale").orElse("1");
      try {
        BigDecimal scale = new BigDecimal(text);
        if (scale.signum() != 0) {
          return scale;
        }
      } catch (NumberFormatException e) {
        // answered below, together with zero
      }
      throw wrong("scale", "scale must be a number other than 0, not '" + text + "'");
    }

    private Map<String, Long> words() {
      Node node = members.get("values");
      Map<String, Long> words = new LinkedHashMap<>();
      if (node != null) {
        for (Map.Entry<String, Node> word : MapFile.members(node, Set.of()).entrySet()) {
          if (!(word.getValue() instanceof ScalarNode number)) {
            throw wrong("values", "values are numbers by text: { off: 0, heating: 2 }");
          }
          words.put(word.getKey(), whole("values", number.getValue()));
        }
      }
      return words;
    }
  }
}
