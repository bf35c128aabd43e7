package io.patchbay.profiles.foreign;

import io.patchbay.profiles.unit.Units;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A register map as a table (RFC 4180; commas, semicolons or tabs): the first row names the
 * columns, each other row is a property.
 */
public final class CsvRegisters {
  /** As in the profile's forms: the check of the profile says what is wrong with them. */
  private static final List<String> TERMS =
      List.of(
          "table",
          "type",
          "order",
          "length",
          "padding",
          "bit",
          "bits",
          "absent",
          "factor",
          "write",
          "readBack",
          "sunspec",
          "span",
          "gap",
          "inFlight");

  private static final List<String> WORDS =
      List.of("title", "description", "semantic", "poll", "staleAfter");
  private static final List<String> NUMBERS = List.of("scale", "offset", "minimum", "maximum");
  private static final List<String> OTHERS =
      List.of("name", "address", "register", "unit", "values", "access");
  private static final Set<String> ACCESS = Set.of("", "r", "w", "rw", "ro", "wo", "r/w");
  private static final List<String> ALL = all();
  private static final int MOST_ROWS = 5_000;

  private final Source source;
  private final Draft draft;
  private final String poll;

  private CsvRegisters(Source source, Draft draft, String poll) {
    this.source = source;
    this.draft = draft;
    this.poll = poll;
  }

  private static List<String> all() {
    List<String> all = new ArrayList<>(OTHERS);
    all.addAll(TERMS);
    all.addAll(NUMBERS);
    all.addAll(WORDS);
    return List.copyOf(all);
  }

  /**
   * @param poll of rows that do not say how often they are asked for
   */
  public static Draft read(Source source, String id, String poll) {
    Draft draft = new Draft(id, id, "Imported from the register map " + last(source.name()));
    new CsvRegisters(source, draft, poll).read();
    return draft;
  }

  static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private record Row(int line, List<String> cells) {}

  private void read() {
    List<Row> rows = rows();
    if (rows.isEmpty()) {
      source.errorAt(0, "the file is empty; accepted: a row with the names of the columns, " + ALL);
      return;
    }
    List<String> columns = new ArrayList<>();
    for (String cell : rows.get(0).cells()) {
      String column = column(cell);
      if (column.isEmpty()) {
        source.errorAt(rows.get(0).line(), "column '" + cell + "' is not known; accepted: " + ALL);
      } else if (columns.contains(column)) {
        source.errorAt(rows.get(0).line(), "column '" + cell + "' is there twice");
      }
      columns.add(column);
    }
    if (!columns.contains("name") || columns.contains("address") == columns.contains("register")) {
      source.errorAt(
          rows.get(0).line(),
          "columns 'name' and one of 'address' (as on the wire, from 0) and 'register' (40001) are"
              + " needed");
    }
    if (!source.findings().isEmpty()) {
      return;
    }
    for (Row row : rows.subList(1, rows.size())) {
      if (row.cells().size() > columns.size()) {
        source.errorAt(
            row.line(), row.cells().size() + " cells; there are " + columns.size() + " columns");
        continue;
      }
      Map<String, String> cells = new HashMap<>();
      for (int i = 0; i < row.cells().size(); i++) {
        cells.put(columns.get(i), row.cells().get(i).strip());
      }
      try {
        point(cells);
      } catch (IllegalArgumentException wrong) {
        source.errorAt(row.line(), String.valueOf(wrong.getMessage()));
      }
    }
  }

  private static String column(String cell) {
    String wanted = cell.strip().replaceAll("[ _-]", "");
    return ALL.stream().filter(known -> known.equalsIgnoreCase(wanted)).findFirst().orElse("");
  }

  private void point(Map<String, String> cells) {
    String name = Draft.name(cells.getOrDefault("name", ""));
    if (cells.getOrDefault("name", "").isEmpty()) {
      throw new IllegalArgumentException("column 'name' is empty");
    } else if (draft.has(name)) {
      throw new IllegalArgumentException("'" + name + "' is there twice");
    }
    Draft.Point point = new Draft.Point();
    place(cells, point);
    for (String term : TERMS) {
      String text = cells.getOrDefault(term, "");
      boolean plain = text.matches("-?[0-9]+|0x[0-9A-Fa-f]+|true|false");
      if (!point.forms(term)) {
        point.form(term, plain ? new Draft.Plain(text) : text);
      }
    }
    if (cells.getOrDefault("absent", "").contains("|")) {
      point.form("absent", List.of(cells.getOrDefault("absent", "").split("\\s*\\|\\s*")));
    }
    String access = cells.getOrDefault("access", "").toLowerCase(Locale.ROOT);
    if (!ACCESS.contains(access)) {
      throw new IllegalArgumentException(
          "access '" + access + "' is not known; accepted: r, w, rw");
    }
    boolean writable = access.contains("w");
    boolean readable = !writable || access.contains("r");
    if (writable) {
      point.writable(readable);
    }
    Map<String, Object> values = values(cells.getOrDefault("values", ""));
    point.says("title", cells.getOrDefault("title", cells.getOrDefault("name", "")));
    point.says("description", cells.getOrDefault("description", ""));
    point.says("semantic", cells.getOrDefault("semantic", ""));
    point.says("type", type(cells, values));
    unit(cells, point, writable);
    for (String key : NUMBERS) {
      String text = cells.getOrDefault(key, "");
      if (!text.isEmpty()) {
        point.says(key, number(key, text));
      }
    }
    if (!values.isEmpty()) {
      point.says("values", values);
    }
    String every = cells.getOrDefault("poll", "");
    if (readable) {
      point.says("poll", every.isEmpty() ? poll : every);
    }
    point.says("staleAfter", cells.getOrDefault("staleAfter", ""));
    draft.add(name, point);
  }

  private static void place(Map<String, String> cells, Draft.Point point) {
    String register = cells.getOrDefault("register", "");
    String address = cells.getOrDefault("address", "");
    if (address.matches("[0-9]{1,5}|0[xX][0-9A-Fa-f]{1,4}")) {
      point.form("address", new Draft.Plain(address.replace('X', 'x')));
      return;
    } else if (!cells.containsKey("register")) {
      throw new IllegalArgumentException(
          "address '" + address + "' is none; accepted: 0 to 65535, 0x0 to 0xFFFF");
    }
    String table =
        switch (register.isEmpty() ? ' ' : register.charAt(0)) {
          case '0' -> "coil";
          case '1' -> "discrete";
          case '3' -> "input";
          case '4' -> "holding";
          default -> "";
        };
    if (!register.matches("[0134]([0-9]{4}|[0-9]{5})")
        || table.isEmpty()
        || Integer.parseInt(register.substring(1)) < 1
        || Integer.parseInt(register.substring(1)) > 65_536) {
      throw new IllegalArgumentException(
          "register '"
              + register
              + "' is none; accepted: 00001 (coils), 10001 (discrete inputs), 30001 (input"
              + " registers), 40001 (holding registers), of five or six digits");
    } else if (!cells.getOrDefault("table", table).isEmpty()
        && !cells.getOrDefault("table", table).equals(table)) {
      throw new IllegalArgumentException(
          "register " + register + " is in table " + table + ", not " + cells.get("table"));
    }
    point.form("table", table);
    point.form("address", Integer.parseInt(register.substring(1)) - 1);
  }

  private static String type(Map<String, String> cells, Map<String, Object> values) {
    String table = cells.getOrDefault("table", "");
    String register = cells.getOrDefault("register", "");
    String raw = cells.getOrDefault("type", "");
    boolean bit = table.equals("coil") || table.equals("discrete");
    if (!values.isEmpty() || raw.equals("string")) {
      return "string";
    } else if (bit
        || register.startsWith("0")
        || register.startsWith("1")
        || !cells.getOrDefault("bit", "").isEmpty()) {
      return "boolean";
    } else if (raw.equals("bytes")) {
      return "data";
    }
    boolean whole =
        !raw.startsWith("float")
            && cells.getOrDefault("scale", "").isEmpty()
            && cells.getOrDefault("factor", "").isEmpty()
            && cells.getOrDefault("unit", "").isEmpty();
    return whole ? "integer" : "number";
  }

  private static void unit(Map<String, String> cells, Draft.Point point, boolean writable) {
    String written = cells.getOrDefault("unit", "");
    if (written.isEmpty()) {
      return;
    }
    Quantity quantity =
        Quantity.of(written)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "unit '"
                            + written
                            + "' is not known; nearest: "
                            + String.join(", ", Units.nearest(written, false))));
    boolean said = point.has("semantic");
    point.measures(quantity, writable || said);
  }

  private static BigDecimal number(String column, String text) {
    try {
      return new BigDecimal(text.replace(',', '.'));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(column + " must be a number (0.1), not '" + text + "'", e);
    }
  }

  /** {@code 0=off|1=on}. */
  private static Map<String, Object> values(String text) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (String one : text.isEmpty() ? new String[0] : text.split("\\|", -1)) {
      int equals = one.indexOf('=');
      if (equals < 1 || equals == one.length() - 1) {
        throw new IllegalArgumentException(
            "values '" + text + "' cannot be read; accepted: 0=off|1=on");
      }
      values.put(one.substring(0, equals).strip(), one.substring(equals + 1).strip());
    }
    return values;
  }

  private List<Row> rows() {
    String text = source.text().startsWith("\uFEFF") ? source.text().substring(1) : source.text();
    int end = text.indexOf('\n');
    char separator = separator(end < 0 ? text : text.substring(0, end));
    List<Row> rows = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    int line = 1;
    int began = 1;
    for (int at = 0; at <= text.length(); at++) {
      char next = at < text.length() ? text.charAt(at) : '\n';
      if (quoted && at == text.length()) {
        source.errorAt(began, "a quote is opened and not closed");
        break;
      } else if (quoted && next == '"' && at + 1 < text.length() && text.charAt(at + 1) == '"') {
        cell.append('"');
        at++;
      } else if (next == '"' && (quoted || cell.toString().isBlank())) {
        quoted = !quoted;
      } else if (quoted || (next != separator && next != '\n' && next != '\r')) {
        cell.append(next);
      } else if (next != '\r') {
        cells.add(cell.toString());
        cell.setLength(0);
        boolean blank = cells.stream().allMatch(String::isBlank);
        if (next == '\n') {
          if (!blank && !cells.get(0).startsWith("#")) {
            rows.add(new Row(began, List.copyOf(cells)));
          }
          cells.clear();
          began = line + 1;
        }
      }
      line += next == '\n' ? 1 : 0;
      if (rows.size() > MOST_ROWS) {
        source.errorAt(line, "more than " + MOST_ROWS + " rows");
        break;
      }
    }
    return rows;
  }

  private static char separator(String first) {
    return first.indexOf('\t') >= 0 ? '\t' : first.indexOf(';') >= 0 ? ';' : ',';
  }
}
