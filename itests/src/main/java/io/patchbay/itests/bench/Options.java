package io.patchbay.itests.bench;

import java.util.Arrays;

/**
 * What the command line says.
 *
 * @param name of the benchmark, empty for all
 * @param seconds of each measurement, from 1
 * @param rounds repetitions, from 1
 * @param outstanding messages under way at once, 1 to 30000; 0 for what the benchmark measures with
 * @param warm seconds of load before anything is measured
 * @param only the cases wanted: parts of their names, or whole ones behind =; divided by semicolons
 */
record Options(String name, int seconds, int rounds, int outstanding, int warm, String only) {
  static final String USAGE =
      "usage: bench [mqtt|journal|pipeline|rule|modbus|coap|lwm2m] [--seconds N] [--rounds N] [--outstanding N] [--warm N]"
          + " [--only CASE[;CASE...]]";

  /**
   * @throws IllegalArgumentException saying what is accepted
   */
  static Options parse(String[] words) {
    Options options = new Options("", 3, 3, 0, 20, "");
    for (int i = 0; i < words.length; i++) {
      String word = words[i];
      if (!word.startsWith("--")) {
        options = options.named(word);
        continue;
      }
      if (++i == words.length) {
        throw new IllegalArgumentException(word + " needs a value; " + USAGE);
      }
      options = options.with(word, words[i]);
    }
    return options;
  }

  private Options named(String benchmark) {
    return new Options(benchmark, seconds, rounds, outstanding, warm, only);
  }

  private Options with(String word, String value) {
    return switch (word) {
      case "--seconds" -> new Options(name, number(word, value), rounds, outstanding, warm, only);
      case "--rounds" -> new Options(name, seconds, number(word, value), outstanding, warm, only);
      case "--outstanding" ->
          new Options(name, seconds, rounds, Math.min(30_000, number(word, value)), warm, only);
      case "--warm" -> new Options(name, seconds, rounds, outstanding, number(word, value), only);
      case "--only" -> new Options(name, seconds, rounds, outstanding, warm, value);
      default -> throw new IllegalArgumentException(word + " is not known; " + USAGE);
    };
  }

  /** Whether a case is to be run. */
  boolean wants(String benchmarked) {
    return only.isEmpty()
        || Arrays.stream(only.split(";"))
            .anyMatch(
                word ->
                    word.startsWith("=")
                        ? benchmarked.equals(word.substring(1))
                        : benchmarked.contains(word));
  }

  /** How many messages are under way at once. */
  int outstanding(int otherwise) {
    return outstanding == 0 ? otherwise : outstanding;
  }

  private static int number(String word, String value) {
    if (!value.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(word + " takes a number from 1, not '" + value + "'");
    }
    return Integer.parseInt(value);
  }
}
