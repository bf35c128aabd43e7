package io.patchbay.binding.mqtt;

import io.patchbay.profile.AddressPattern;
import io.patchbay.southbound.Interest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is listened to, by connection: what the profiles want to hear, and the topics on which
 * commands are answered. Used by many threads at once.
 */
final class Topics {
  /** Answer filters of one connection; more are not subscribed, and their commands fail. */
  static final int ANSWERS = 1_000;

  private record Heard(List<AddressPattern> everywhere, Map<String, List<AddressPattern>> only) {
    boolean covers(String connection, String topic) {
      return any(everywhere, topic) || any(only.getOrDefault(connection, List.of()), topic);
    }

    private static boolean any(List<AddressPattern> patterns, String topic) {
      for (AddressPattern pattern : patterns) {
        if (pattern.match(topic).isPresent()) {
          return true;
        }
      }
      return false;
    }
  }

  private volatile Heard heard = new Heard(List.of(), Map.of());
  private volatile Map<String, List<AddressPattern>> answers = Map.of();
  private volatile boolean told;

  /** What the profiles want from now on. */
  synchronized void hear(Set<Interest> all) {
    Set<AddressPattern> everywhere = new HashSet<>();
    Map<String, List<AddressPattern>> only = new HashMap<>();
    for (Interest interest : all) {
      interest
          .form()
          .term("topic")
          .map(AddressPattern::of)
          .ifPresent(
              pattern -> {
                if (interest.connection().isEmpty()) {
                  everywhere.add(pattern);
                } else {
                  only.computeIfAbsent(interest.connection(), key -> new ArrayList<>())
                      .add(pattern);
                }
              });
    }
    heard = new Heard(List.copyOf(everywhere), only);
    told = true;
  }

  /** Whether it is known what the profiles want. */
  boolean told() {
    return told;
  }

  /**
   * Listens to answers too.
   *
   * @throws IllegalArgumentException for a pattern that is none, and when there are too many
   */
  synchronized void expect(String connection, String pattern) {
    AddressPattern added = AddressPattern.of(pattern);
    List<AddressPattern> present = answers.getOrDefault(connection, List.of());
    if (present.contains(added)) {
      return;
    }
    if (present.size() >= ANSWERS) {
      throw new IllegalArgumentException(
          "more than " + ANSWERS + " topics of answers; use named parts in the form's answer");
    }
    List<AddressPattern> more = new ArrayList<>(present);
    more.add(added);
    Map<String, List<AddressPattern>> all = new HashMap<>(answers);
    all.put(connection, List.copyOf(more));
    answers = Map.copyOf(all);
  }

  /** Topic filters of a connection. */
  Set<String> filters(String connection) {
    Set<String> filters = new TreeSet<>();
    Heard now = heard;
    now.everywhere().forEach(pattern -> filters.add(pattern.filter()));
    now.only()
        .getOrDefault(connection, List.of())
        .forEach(pattern -> filters.add(pattern.filter()));
    answers.getOrDefault(connection, List.of()).forEach(pattern -> filters.add(pattern.filter()));
    return filters;
  }

  /** Whether a message is there only because a command might be answered by it. */
  boolean answerOnly(String connection, String topic) {
    List<AddressPattern> expected = answers.getOrDefault(connection, List.of());
    return !expected.isEmpty() && Heard.any(expected, topic) && !heard.covers(connection, topic);
  }
}
