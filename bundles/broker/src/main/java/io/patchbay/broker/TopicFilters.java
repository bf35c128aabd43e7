package io.patchbay.broker;

import java.util.List;

/** What topic filters allow (MQTT 5.0, clause 4.7). */
final class TopicFilters {
  /** The hub's own tree, which a wildcard alone does not open for publishing. */
  private static final String HUB = "patchbay";

  private TopicFilters() {}

  /**
   * Whether one of the rules allows to publish to the topic. The hub's own topics must be named by
   * the rule's first level, as clause 4.7.2 says of topics that begin with {@code $}.
   */
  static boolean allowPublish(List<String> rules, String topic) {
    if (topic.isEmpty() || isReserved(topic)) {
      return false;
    }
    boolean hub = topic.equals(HUB) || topic.startsWith(HUB + "/");
    for (String rule : rules) {
      if ((!hub || !startsWithWildcard(rule)) && covers(rule, topic)) {
        return true;
      }
    }
    return false;
  }

  /** Whether one of the rules allows all that the filter matches. */
  static boolean allowSubscribe(List<String> rules, String filter) {
    if (filter.isEmpty() || isReserved(filter)) {
      return false;
    }
    for (String rule : rules) {
      if (covers(rule, filter)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Topics of the broker ({@code $SYS}, {@code $share}), and {@code ::}, which would name one of
   * Artemis' queues.
   */
  static boolean isReserved(String topicOrFilter) {
    return topicOrFilter.startsWith("$") || topicOrFilter.contains("::");
  }

  /** Whether everything that the filter (or topic) matches is matched by the rule. */
  static boolean covers(String rule, String filter) {
    String[] allowed = rule.split("/", -1);
    String[] asked = filter.split("/", -1);
    for (int i = 0; i < allowed.length; i++) {
      if (allowed[i].equals("#")) {
        return true;
      }
      if (i >= asked.length) {
        return false;
      }
      if (asked[i].equals("#")) {
        return false;
      }
      if (!allowed[i].equals("+") && !allowed[i].equals(asked[i])) {
        return false;
      }
    }
    return allowed.length == asked.length;
  }

  private static boolean startsWithWildcard(String rule) {
    return rule.startsWith("#") || rule.startsWith("+");
  }
}
