package io.patchbay.itests.bench;

/**
 * What the command line says.
 *
 * @param name of the benchmark, empty for all
 * @param seconds of each measurement, from 1
 * @param rounds repetitions, from 1
 * @param outstanding messages under way at once, 1 to 30000
 * @param only part of the names of the cases wanted
 */
record Options(String name, int seconds, int rounds, int outstanding, String only) {
  static final String USAGE =
      "usage: bench [mqtt|journal] [--seconds N] [--rounds N] [--outstanding N] [--only CASE]";

  /**
   * @throws IllegalArgumentException saying what is accepted
   */
  static Options parse(String[] words) {
    Options options = new Options("", 5, 3, 256, "");
    for (int i = 0; i < words.length; i++) {
      String word = words[i];
      if (!word.startsWith("--")) {
        options =
            new Options(word, options.seconds, options.rounds, options.outstanding, options.only);
        continue;
      }
      if (++i == words.length) {
        throw new IllegalArgumentException(word + " needs a value; " + USAGE);
      }
      options = options.with(word, words[i]);
    }
    return options;
  }

  private Options with(String word, String value) {
    return switch (word) {
      case "--seconds" -> new Options(name, number(word, value), rounds, outstanding, only);
      case "--rounds" -> new Options(name, seconds, number(word, value), outstanding, only);
      case "--outstanding" ->
          new Options(name, seconds, rounds, Math.min(30_000, number(word, value)), only);
      case "--only" -> new Options(name, seconds, rounds, outstanding, value);
      default -> throw new IllegalArgumentException(word + " is not known; " + USAGE);
    };
  }

  private static int number(String word, String value) {
    if (!value.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(word + " takes a number from 1, not '" + value + "'");
    }
    return Integer.parseInt(value);
  }
}
