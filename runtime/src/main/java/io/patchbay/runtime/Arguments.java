package io.patchbay.runtime;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the command line asks for. */
sealed interface Arguments {
  /** The calls there are, for messages. */
  String USAGE =
      "accepted: run [--data DIR] [--offset N] [--set pid:key=value ...], check [PATH ...], try"
          + " PROFILE FRAME..., replay FILE [PROFILE], import csv|sunspec|edgex FILE..., new binding"
          + " NAME, prepare";

  /** How frames are tried. */
  String TRY =
      "accepted: try [--data DIR] [--port N] [BUNDLE.jar ...] PROFILE FRAME..., a FRAME being"
          + " TOPIC=PAYLOAD, TOPIC @FILE or PAYLOAD, a PAYLOAD being text, 0xHEX, base64:TEXT or"
          + " @FILE";

  /** How recordings are replayed. */
  String REPLAY =
      "accepted: replay [--data DIR] [BUNDLE.jar ...] FILE [PROFILE], a FILE being what the"
          + " recorder has exported";

  /** The largest offset with which the default ports stay below 65536. */
  int MAX_OFFSET = 50_000;

  /**
   * Runs the hub.
   *
   * @param offset added to every listening port, 0 to {@value #MAX_OFFSET}
   * @param settings {@code pid:key=value}, in the order given
   */
  record Run(Path data, int offset, List<String> settings) implements Arguments {
    public Run {
      settings = List.copyOf(settings);
    }
  }

  /** Checks files without a running hub. */
  record Check(List<Path> paths) implements Arguments {
    public Check {
      paths = List.copyOf(paths);
    }
  }

  /**
   * Shows what a profile makes of frames, without a running hub.
   *
   * @param data directory whose profiles count besides those that ship
   * @param port of LoRaWAN frames given as octets alone, 0 for none
   * @param profile id or path
   * @param protocols bundles that are there besides those that ship
   */
  record Try(Path data, int port, List<Path> protocols, String profile, List<String> frames)
      implements Arguments {
    public Try {
      protocols = List.copyOf(protocols);
      frames = List.copyOf(frames);
    }
  }

  /**
   * Decodes the frames of a recording again, without a running hub.
   *
   * @param data directory whose profiles count besides those that ship
   * @param protocols bundles that are there besides those that ship
   * @param profile id or path; empty for those that read the frames in the hub
   */
  record Replay(Path data, List<Path> protocols, Path file, String profile) implements Arguments {
    public Replay {
      protocols = List.copyOf(protocols);
    }
  }

  /**
   * Makes profiles of what others wrote about devices.
   *
   * @param words as they were given: what imports knows its formats and options
   */
  record Import(List<String> words) implements Arguments {
    public Import {
      words = List.copyOf(words);
    }
  }

  /** Makes later starts faster. */
  record Prepare() implements Arguments {}

  /**
   * @throws Refusal naming the word that is not understood and what is accepted
   */
  static Arguments parse(List<String> words) throws Refusal {
    if (words.isEmpty()) {
      throw Refusal.usage("Nothing to do; " + USAGE + ".");
    }
    List<String> rest = words.subList(1, words.size());
    return switch (words.get(0)) {
      case "run" -> parseRun(rest);
      case "check" -> parseCheck(rest);
      case "try" -> parseTry(rest);
      case "replay" -> parseReplay(rest);
      case "import" -> new Import(rest);
      case "prepare" -> parsePrepare(rest);
      default -> throw Refusal.usage("Unknown word '" + words.get(0) + "'; " + USAGE + ".");
    };
  }

  private static Run parseRun(List<String> words) throws Refusal {
    Path data = Path.of("data");
    int offset = 0;
    List<String> settings = new ArrayList<>();
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      String option = equals < 0 ? word : word.substring(0, equals);
      if (!Arrays.asList("--data", "--offset", "--set").contains(option)) {
        throw Refusal.usage("Unknown option '" + word + "' of run; " + USAGE + ".");
      }
      String value;
      if (equals >= 0) {
        value = word.substring(equals + 1);
      } else if (at + 1 < words.size()) {
        at++;
        value = words.get(at);
      } else {
        throw Refusal.usage("Option " + option + " lacks its value; " + USAGE + ".");
      }
      switch (option) {
        case "--data" -> data = path(value);
        case "--offset" -> offset = offset(value);
        default -> settings.add(value);
      }
    }
    return new Run(data, offset, settings);
  }

  private static Check parseCheck(List<String> words) throws Refusal {
    List<Path> paths = new ArrayList<>();
    for (String word : words) {
      if (word.startsWith("-")) {
        throw Refusal.usage("Unknown option '" + word + "' of check; " + USAGE + ".");
      }
      paths.add(path(word));
    }
    return new Check(paths);
  }

  private static Try parseTry(List<String> words) throws Refusal {
    Path data = Path.of("data");
    int port = 0;
    List<Path> protocols = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (word.equals("--port") || word.equals("--data")) {
        if (at + 1 == words.size()) {
          throw Refusal.usage("Option " + word + " lacks its value; " + TRY + ".");
        }
        String value = words.get(++at);
        if (word.equals("--data")) {
          data = path(value);
        } else {
          port = port(value);
        }
      } else if (word.startsWith("--")) {
        throw Refusal.usage("Unknown option '" + word + "' of try; " + TRY + ".");
      } else if (rest.isEmpty() && word.endsWith(".jar")) {
        protocols.add(path(word).toAbsolutePath());
      } else {
        rest.add(word);
      }
    }
    if (rest.size() < 2) {
      throw Refusal.usage("A profile and at least one frame are needed; " + TRY + ".");
    }
    return new Try(data, port, protocols, rest.get(0), rest.subList(1, rest.size()));
  }

  private static Replay parseReplay(List<String> words) throws Refusal {
    Path data = Path.of("data");
    List<Path> protocols = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (int at = 0; at < words.size(); at++) {
      String word = words.get(at);
      if (word.equals("--data") && at + 1 < words.size()) {
        data = path(words.get(++at));
      } else if (word.equals("--data")) {
        throw Refusal.usage("Option --data lacks its value; " + REPLAY + ".");
      } else if (word.startsWith("--")) {
        throw Refusal.usage("Unknown option '" + word + "' of replay; " + REPLAY + ".");
      } else if (rest.isEmpty() && word.endsWith(".jar")) {
        protocols.add(path(word).toAbsolutePath());
      } else {
        rest.add(word);
      }
    }
    if (rest.isEmpty() || rest.size() > 2) {
      throw Refusal.usage("One recording and at most one profile are needed; " + REPLAY + ".");
    }
    return new Replay(data, protocols, path(rest.get(0)), rest.size() == 2 ? rest.get(1) : "");
  }

  private static int port(String value) throws Refusal {
    if (value.matches("[0-9]{1,3}") && Integer.parseInt(value) <= 255) {
      return Integer.parseInt(value);
    }
    throw Refusal.usage("--port must be a whole number from 0 to 255, not '" + value + "'.");
  }

  private static Prepare parsePrepare(List<String> words) throws Refusal {
    if (!words.isEmpty()) {
      throw Refusal.usage("prepare takes no options, not '" + words.get(0) + "'; " + USAGE + ".");
    }
    return new Prepare();
  }

  private static Path path(String value) throws Refusal {
    try {
      if (!value.isEmpty()) {
        return Path.of(value);
      }
    } catch (InvalidPathException invalid) {
      throw Refusal.usage("'" + value + "' is not a path: " + invalid.getReason() + ".");
    }
    throw Refusal.usage("An empty path names no file or directory; " + USAGE + ".");
  }

  private static int offset(String value) throws Refusal {
    try {
      int offset = Integer.parseInt(value);
      if (offset >= 0 && offset <= MAX_OFFSET) {
        return offset;
      }
    } catch (NumberFormatException notANumber) {
      // answered below, together with numbers out of range
    }
    throw Refusal.usage(
        "--offset must be a whole number from 0 to " + MAX_OFFSET + ", not '" + value + "'.");
  }
}
