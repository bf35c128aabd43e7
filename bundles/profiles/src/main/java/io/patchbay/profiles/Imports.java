package io.patchbay.profiles;

import com.fasterxml.jackson.databind.node.MissingNode;
import io.patchbay.operation.Errand;
import io.patchbay.operation.Finding;
import io.patchbay.profiles.foreign.CsvRegisters;
import io.patchbay.profiles.foreign.Draft;
import io.patchbay.profiles.foreign.EdgexProfile;
import io.patchbay.profiles.foreign.Source;
import io.patchbay.profiles.foreign.SunSpecModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What {@code patchbay import} asks for: profiles made of what others wrote about a device. Nothing
 * is written that does not pass the check.
 */
public final class Imports implements Errand {
  private static final String USAGE =
      "accepted: import [--to FOLDER] [--id ID] [--poll 10s] [--count GROUP=N ...] csv|sunspec|edgex"
          + " FILE...";

  private final Function<Path, Alone> room;

  public Imports() {
    this(Alone::in);
  }

  Imports(Function<Path, Alone> room) {
    this.room = room;
  }

  @Override
  public String word() {
    return "import";
  }

  /** What the command line says. */
  private static final class Wanted {
    private Path to = Path.of("");
    private String id = "";
    private String poll = "10s";
    private final Map<String, Integer> counts = new HashMap<>();
    private final List<String> rest = new ArrayList<>();

    static Wanted of(List<String> words) {
      Wanted wanted = new Wanted();
      for (int at = 0; at < words.size(); at++) {
        String word = words.get(at);
        if (!word.startsWith("--")) {
          wanted.rest.add(word);
          continue;
        } else if (at + 1 == words.size()) {
          throw new IllegalArgumentException("option " + word + " lacks its value; " + USAGE);
        }
        wanted.option(word, words.get(++at));
      }
      if (wanted.rest.size() < 2) {
        throw new IllegalArgumentException("a format and a file are needed; " + USAGE);
      }
      return wanted;
    }

    private void option(String word, String value) {
      switch (word) {
        case "--to" -> to = Path.of(value);
        case "--id" -> id = value;
        case "--poll" -> poll = value;
        case "--count" -> {
          if (!value.matches("[A-Za-z0-9_]+=[1-9][0-9]{0,3}")) {
            throw new IllegalArgumentException(
                "--count '" + value + "' cannot be read; accepted: module=2");
          }
          int equals = value.indexOf('=');
          counts.put(value.substring(0, equals), Integer.parseInt(value.substring(equals + 1)));
        }
        default -> throw new IllegalArgumentException("unknown option '" + word + "'; " + USAGE);
      }
    }

    String format() {
      return rest.get(0);
    }

    List<String> files() {
      return rest.subList(1, rest.size());
    }
  }

  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) {
    try {
      Wanted wanted = Wanted.of(words);
      List<Source> sources = new ArrayList<>();
      boolean readable = true;
      for (String file : wanted.files()) {
        readable &= source(file, wanted.format(), sources, print);
      }
      if (!readable) {
        return false;
      }
      List<Draft> drafts = drafts(wanted, sources);
      boolean good = true;
      for (Source source : sources) {
        source.findings().stream().map(Finding::toString).forEach(print);
        good &= errorless(source.findings());
      }
      for (Draft draft : drafts) {
        good = good && written(room.apply(home), wanted, draft, print);
      }
      return good;
    } catch (IOException | IllegalArgumentException e) {
      print.accept("error: " + e.getMessage());
      return false;
    }
  }

  private static boolean errorless(List<Finding> findings) {
    return findings.stream().noneMatch(one -> one.severity() == Finding.Severity.ERROR);
  }

  private static boolean source(
      String file, String format, List<Source> sources, Consumer<String> print) throws IOException {
    if (!Files.isRegularFile(Path.of(file))) {
      print.accept(file + ": error: there is no such file");
      return false;
    }
    try {
      String text = TextFile.read(Path.of(file));
      // JSON is YAML, but for tabs between its words; its lines are known that way
      YamlDocument document =
          switch (format) {
            case "sunspec" -> YamlText.parse(text.replace('\t', ' '));
            case "edgex" -> YamlText.parse(text);
            default -> new YamlDocument(MissingNode.getInstance(), Map.of());
          };
      sources.add(new Source(file, text, document.root(), document::line, new ArrayList<>()));
      return true;
    } catch (Flaw flaw) {
      print.accept(
          new Finding(Finding.Severity.ERROR, file, flaw.line(), flaw.message()).toString());
      return false;
    }
  }

  private static List<Draft> drafts(Wanted wanted, List<Source> sources) {
    return switch (wanted.format()) {
      case "sunspec" -> List.of(SunSpecModels.read(sources, wanted.id, wanted.counts, wanted.poll));
      case "csv" ->
          single(wanted, sources).stream()
              .map(source -> CsvRegisters.read(source, id(wanted, source), wanted.poll))
              .toList();
      case "edgex" ->
          single(wanted, sources).stream()
              .map(source -> EdgexProfile.read(source, wanted.id, wanted.poll))
              .toList();
      default ->
          throw new IllegalArgumentException(
              "format '" + wanted.format() + "' is not known; " + USAGE);
    };
  }

  /** Several files are several profiles, which cannot have one id. */
  private static List<Source> single(Wanted wanted, List<Source> sources) {
    if (!wanted.id.isEmpty() && sources.size() > 1) {
      throw new IllegalArgumentException("--id is for one file; of several each has its own");
    }
    return sources;
  }

  private static String id(Wanted wanted, Source source) {
    if (!wanted.id.isEmpty()) {
      return wanted.id;
    }
    String file = String.valueOf(Path.of(source.name()).getFileName());
    return file.replaceAll("\\.[^.]*$", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9._-]+", "-")
        .replaceAll("^[._-]+", "");
  }

  private static boolean written(Alone room, Wanted wanted, Draft draft, Consumer<String> print)
      throws IOException {
    Path file = wanted.to.resolve(draft.id() + ".yaml");
    if (Files.exists(file)) {
      print.accept(file + ": error: exists already; move it away, or import --to another folder");
      return false;
    }
    List<Finding> errors =
        room.check().check(file.toString(), draft.text(), room.shipped()).findings().stream()
            .filter(found -> found.severity() == Finding.Severity.ERROR)
            .toList();
    if (!errors.isEmpty()) {
      List<String> lines = draft.text().lines().toList();
      for (Finding error : errors) {
        print.accept("error: " + error.message() + place(lines, error.line()));
      }
      print.accept(file + ": not written");
      return false;
    }
    TextFile.write(file, draft.text());
    print.accept(file + ": " + draft.size() + " properties");
    return true;
  }

  /** What a person knows of a line of a file that was not written: its property. */
  private static String place(List<String> lines, int line) {
    for (int at = Math.min(line, lines.size()) - 1; at > 0; at--) {
      String text = lines.get(at);
      if (text.matches("  [^ ].*:")) {
        return " (property '" + text.strip().replace(":", "") + "')";
      }
    }
    return "";
  }
}
