package io.patchbay.itests.prove;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How large a proof is: each has a short and a full form, and the command line may say otherwise.
 *
 * @param brief the short form, tens of seconds
 * @param outside whether the fleet's broker is one outside, where a proof leaves the choice
 * @param afterStart whether a hub is killed while it starts, too, where a proof kills one
 * @param numbers given by word, from 1
 */
record Terms(boolean brief, boolean outside, boolean afterStart, Map<String, Integer> numbers) {
  private static final List<String> WORDS = List.of("--things", "--rate", "--rounds", "--seconds");
  static final String USAGE =
      "[--short] [--outside] [--after-start] [--things N] [--rate MESSAGES-PER-SECOND] [--rounds N]"
          + " [--seconds N]";

  static final Terms SHORT = new Terms(true, false, false, Map.of());

  Terms {
    numbers = Map.copyOf(numbers);
  }

  /**
   * Reads options.
   *
   * @param names takes the words that are none
   * @throws IllegalArgumentException saying what is accepted
   */
  static Terms parse(String[] words, List<String> names) {
    boolean brief = false;
    boolean outside = false;
    boolean afterStart = false;
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < words.length; i++) {
      if (words[i].equals("--short")) {
        brief = true;
      } else if (words[i].equals("--outside")) {
        outside = true;
      } else if (words[i].equals("--after-start")) {
        afterStart = true;
      } else if (!words[i].startsWith("--")) {
        names.add(words[i]);
      } else if (WORDS.contains(words[i])
          && i + 1 < words.length
          && words[i + 1].matches("[1-9][0-9]{0,6}")) {
        numbers.put(words[i], Integer.valueOf(words[++i]));
      } else {
        throw new IllegalArgumentException(words[i] + " is not understood; accepted: " + USAGE);
      }
    }
    return new Terms(brief, outside, afterStart, numbers);
  }

  private int number(String word, int shortly, int fully) {
    return numbers.getOrDefault(word, brief ? shortly : fully);
  }

  int things(int shortly, int fully) {
    return number("--things", shortly, fully);
  }

  int perSecond(int shortly, int fully) {
    return number("--rate", shortly, fully);
  }

  int rounds(int shortly, int fully) {
    return number("--rounds", shortly, fully);
  }

  /** Of each fault. */
  int seconds(int shortly, int fully) {
    return number("--seconds", shortly, fully);
  }
}
