package io.patchbay.profiles.media;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * CSV (RFC 4180) as an array of rows. A row is an object when its columns have names, from the form
 * ({@code columns}) or from the first row ({@code header: true}); otherwise an array. A field that
 * is empty and not quoted is no value.
 */
final class Csv implements DocumentFormat {
  private static final int MOST_COLUMNS = 1_000;

  private final char separator;
  private final boolean header;
  private final List<String> columns;

  private Csv(char separator, boolean header, List<String> columns) {
    this.separator = separator;
    this.header = header;
    this.columns = columns;
  }

  /**
   * @throws IllegalArgumentException naming the term that is wrong
   */
  static Csv of(Form form) {
    String separator = form.term("separator").orElse(",");
    if (separator.length() != 1 || "\"\r\n".contains(separator)) {
      throw new IllegalArgumentException(
          "separator must be one character, not '" + separator + "'; accepted: , ; | tab …");
    }
    List<String> columns = new ArrayList<>();
    for (int i = 0; form.term("columns." + i).isPresent(); i++) {
      columns.add(form.required("columns." + i));
    }
    form.term("columns").ifPresent(columns::add);
    if (new HashSet<>(columns).size() < columns.size()) {
      throw new IllegalArgumentException("columns must have different names, not " + columns);
    }
    String header = form.term("header").orElse("false");
    if (!header.equals("true") && !header.equals("false")) {
      throw new IllegalArgumentException("header must be true or false, not '" + header + "'");
    }
    return new Csv(separator.charAt(0), header.equals("true"), List.copyOf(columns));
  }

  /** What slots must have in common to be read in one pass. */
  static String layout(Form form) {
    StringBuilder layout = new StringBuilder();
    form.terms().entrySet().stream()
        .filter(
            term ->
                term.getKey().equals("separator")
                    || term.getKey().equals("header")
                    || term.getKey().startsWith("columns"))
        .sorted(java.util.Map.Entry.comparingByKey())
        .forEach(term -> layout.append(term).append('\n'));
    return layout.toString();
  }

  @Override
  public void read(byte[] octets, Json.Walk walk) throws DecodeException {
    try (JsonParser parser = rows(Utf8.text(octets)).traverse()) {
      walk.over(parser, parser.nextToken());
    } catch (IOException e) {
      throw Json.undecodable("not CSV: " + e.getMessage());
    }
  }

  private ArrayNode rows(String text) throws DecodeException {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    List<String> names = columns;
    boolean first = header;
    int at = text.startsWith("\uFEFF") ? 1 : 0;
    int line = 1;
    List<Cell> cells = new ArrayList<>();
    while (at < text.length()) {
      cells.clear();
      at = row(text, at, line, cells);
      line++;
      if (cells.size() == 1 && cells.get(0).text().isEmpty()) {
        continue;
      } else if (first) {
        first = false;
        if (names.isEmpty()) {
          names = cells.stream().map(cell -> cell.text().strip()).toList();
          if (new HashSet<>(names).size() < names.size()) {
            throw Json.undecodable("two columns of the header have the same name");
          }
        }
        continue;
      } else if (rows.size() == JsonScan.MOST_ELEMENTS) {
        throw Json.undecodable("more than " + JsonScan.MOST_ELEMENTS + " rows");
      }
      if (names.isEmpty()) {
        array(rows.addArray(), cells);
      } else {
        object(rows.addObject(), cells, names, line - 1);
      }
    }
    return rows;
  }

  private static void array(ArrayNode row, List<Cell> cells) {
    for (Cell cell : cells) {
      if (cell.absent()) {
        row.addNull();
      } else {
        row.add(cell.text());
      }
    }
  }

  private static void object(ObjectNode row, List<Cell> cells, List<String> names, int line)
      throws DecodeException {
    if (cells.size() > names.size()) {
      throw Json.undecodable(
          "row " + line + " has " + cells.size() + " fields; accepted: " + names.size());
    }
    for (int i = 0; i < cells.size(); i++) {
      if (!cells.get(i).absent()) {
        row.put(names.get(i), cells.get(i).text());
      }
    }
  }

  private record Cell(String text, boolean quoted) {
    boolean absent() {
      return !quoted && text.isBlank();
    }
  }

  /** Reads one row; where the next one begins. */
  private int row(String text, int from, int line, List<Cell> cells) throws DecodeException {
    int at = from;
    while (true) {
      if (cells.size() == MOST_COLUMNS) {
        throw Json.undecodable("row " + line + " has more than " + MOST_COLUMNS + " fields");
      }
      if (at < text.length() && text.charAt(at) == '"') {
        at = quoted(text, at + 1, line, cells);
      } else {
        int to = at;
        while (to < text.length() && text.charAt(to) != separator && !newline(text, to)) {
          to++;
        }
        cells.add(new Cell(text.substring(at, to), false));
        at = to;
      }
      if (at >= text.length() || newline(text, at)) {
        boolean two = text.startsWith("\r\n", at);
        return at + (two ? 2 : 1);
      } else if (text.charAt(at) != separator) {
        throw Json.undecodable("row " + line + ": something follows the closing quote");
      }
      at++;
    }
  }

  private static boolean newline(String text, int at) {
    return text.charAt(at) == '\n' || text.charAt(at) == '\r';
  }

  private static int quoted(String text, int from, int line, List<Cell> cells)
      throws DecodeException {
    StringBuilder cell = new StringBuilder();
    int at = from;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != '"') {
        cell.append(c);
        at++;
      } else if (text.startsWith("\"\"", at)) {
        cell.append('"');
        at += 2;
      } else {
        cells.add(new Cell(cell.toString(), true));
        return at + 1;
      }
    }
    throw Json.undecodable("row " + line + ": a quote is not closed");
  }
}
