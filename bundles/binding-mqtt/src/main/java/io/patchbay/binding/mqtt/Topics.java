package io.patchbay.binding.mqtt;

import io.patchbay.profile.AddressPattern;
import io.patchbay.southbound.Interest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * What is listened to, by connection: what the profiles want to hear, and the topics on which
 * commands are answered. Used by many threads at once.
 */
final class Topics {
  /** Answer filters of one connection; more are not subscribed, and their commands fail. */
  static final int ANSWERS = 1_000;

  /** Topics remembered; when full all are forgotten and judged again. */
  private static final int REMEMBERED = 100_000;

  private static final int QOS_KEPT = 1;
  private static final int QOS_NOT_KEPT = 0;

  /** On every connection when that is empty. */
  private record Heard(String connection, AddressPattern pattern, boolean kept) {
    boolean on(String one) {
      return connection.isEmpty() || connection.equals(one);
    }
  }

  private record Place(String connection, String topic) {}

  /** What was judged by it is remembered with it. */
  private record Snapshot(
      List<Heard> heard,
      Map<String, List<AddressPattern>> answers,
      Map<Place, Boolean> answersOnly) {
    Snapshot(List<Heard> heard, Map<String, List<AddressPattern>> answers) {
      this(List.copyOf(heard), Map.copyOf(answers), new ConcurrentHashMap<>());
    }

    boolean answerOnly(String connection, String topic) {
      List<AddressPattern> expected = answers.getOrDefault(connection, List.of());
      if (expected.isEmpty()) {
        return false;
      }
      if (answersOnly.size() >= REMEMBERED) {
        answersOnly.clear();
      }
      return answersOnly.computeIfAbsent(
          new Place(connection, topic),
          place ->
              expected.stream().anyMatch(pattern -> pattern.match(topic).isPresent())
                  && heard.stream()
                      .noneMatch(
                          one -> one.on(connection) && one.pattern().match(topic).isPresent()));
    }
  }

  private volatile Snapshot snapshot = new Snapshot(List.of(), Map.of());
  private volatile boolean told;

  /** What the profiles want from now on. */
  synchronized void hear(Set<Interest> all) {
    List<Heard> heard = new ArrayList<>();
    for (Interest interest : all) {
      Optional<AddressPattern> pattern = interest.form().term("topic").map(AddressPattern::of);
      pattern.ifPresent(
          its -> heard.add(new Heard(interest.connection(), its, interest.journal())));
    }
    snapshot = new Snapshot(heard, snapshot.answers());
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
    List<AddressPattern> present = snapshot.answers().getOrDefault(connection, List.of());
    if (present.contains(added)) {
      return;
    }
    if (present.size() >= ANSWERS) {
      throw new IllegalArgumentException(
          "more than " + ANSWERS + " topics of answers; use named parts in the form's answer");
    }
    List<AddressPattern> more = new ArrayList<>(present);
    more.add(added);
    Map<String, List<AddressPattern>> all = new HashMap<>(snapshot.answers());
    all.put(connection, List.copyOf(more));
    snapshot = new Snapshot(snapshot.heard(), all);
  }

  /**
   * Topic filters of a connection, each with its quality of service: 0 for what only profiles want
   * that are not kept.
   */
  Map<String, Integer> filters(String connection) {
    Map<String, Integer> filters = new HashMap<>();
    Snapshot now = snapshot;
    Consumer<Heard> add =
        one ->
            filters.merge(one.pattern().filter(), one.kept() ? QOS_KEPT : QOS_NOT_KEPT, Math::max);
    now.heard().stream().filter(one -> one.on(connection)).forEach(add);
    now.answers()
        .getOrDefault(connection, List.of())
        .forEach(pattern -> filters.put(pattern.filter(), QOS_KEPT));
    return filters;
  }

  /** Whether a message is there only because a command might be answered by it. */
  boolean answerOnly(String connection, String topic) {
    return snapshot.answerOnly(connection, topic);
  }
}
