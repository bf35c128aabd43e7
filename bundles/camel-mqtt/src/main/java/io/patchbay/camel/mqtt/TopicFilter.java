package io.patchbay.camel.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** An MQTT topic filter (MQTT 5.0, clause 4.7). */
record TopicFilter(String text, List<String> levels) {
  private static final String ANY = "+";
  private static final String REST = "#";

  TopicFilter {
    levels = List.copyOf(levels);
  }

  /**
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static TopicFilter of(String text) {
    if (text.isEmpty()
        || text.chars().anyMatch(Character::isISOControl)
        || text.getBytes(StandardCharsets.UTF_8).length > 65_535) {
      throw new IllegalArgumentException(
          "a topic filter has 1 to 65,535 octets and no control characters; not '" + text + "'");
    }
    List<String> levels = List.of(text.split("/", -1));
    for (int i = 0; i < levels.size(); i++) {
      String level = levels.get(i);
      boolean last = i == levels.size() - 1;
      if (level.equals(REST) ? !last : level.length() > 1 && wild(level)) {
        throw new IllegalArgumentException(
            "topic filter '" + text + "': '+' stands for one whole level, '#' for the last levels");
      }
    }
    return new TopicFilter(text, levels);
  }

  private static boolean wild(String level) {
    return level.contains(ANY) || level.contains(REST);
  }

  /** Clause 4.7.1; a wildcard in front does not match topics that begin with $ (clause 4.7.2). */
  boolean matches(String topic) {
    if (topic.startsWith("$") && wild(levels.get(0))) {
      return false;
    }
    int at = 0;
    for (String level : levels) {
      if (level.equals(REST)) {
        return true;
      }
      if (at > topic.length()) {
        return false;
      }
      int slash = topic.indexOf('/', at);
      int end = slash < 0 ? topic.length() : slash;
      if (!level.equals(ANY) && (level.length() != end - at || !topic.startsWith(level, at))) {
        return false;
      }
      at = end + 1;
    }
    return at > topic.length();
  }

  /** Whether every topic that matches {@code other} matches this one. */
  boolean covers(TopicFilter other) {
    if (wild(levels.get(0)) && other.levels.get(0).startsWith("$")) {
      return false;
    }
    for (int i = 0; ; i++) {
      boolean mine = i < levels.size();
      boolean others = i < other.levels.size();
      if (mine && levels.get(i).equals(REST)) {
        return true;
      }
      if (!mine || !others) {
        return mine == others;
      }
      String level = levels.get(i);
      String otherLevel = other.levels.get(i);
      if (otherLevel.equals(REST) || (!level.equals(ANY) && !level.equals(otherLevel))) {
        return false;
      }
    }
  }

  /** Whether some topic matches both. */
  boolean overlaps(TopicFilter other) {
    String first = levels.get(0);
    String otherFirst = other.levels.get(0);
    if ((wild(first) && otherFirst.startsWith("$"))
        || (wild(otherFirst) && first.startsWith("$"))) {
      return false;
    }
    for (int i = 0; ; i++) {
      boolean mine = i < levels.size();
      boolean others = i < other.levels.size();
      if ((mine && levels.get(i).equals(REST)) || (others && other.levels.get(i).equals(REST))) {
        return true;
      }
      if (!mine || !others) {
        return mine == others;
      }
      String level = levels.get(i);
      String otherLevel = other.levels.get(i);
      if (!level.equals(ANY) && !otherLevel.equals(ANY) && !level.equals(otherLevel)) {
        return false;
      }
    }
  }

  /**
   * The filters that no other one covers, sorted; each with the highest quality of service that it
   * or one that it covers needs.
   *
   * @param filters each with the quality of service that it needs at least
   */
  static SortedMap<String, Integer> cover(Map<String, Integer> filters) {
    Map<TopicFilter, Integer> all = new LinkedHashMap<>();
    filters.forEach((filter, qos) -> all.put(of(filter), qos));
    SortedMap<String, Integer> cover = new TreeMap<>();
    all.forEach(
        (filter, needed) -> {
          int qos = needed;
          boolean covered = false;
          for (Map.Entry<TopicFilter, Integer> other : all.entrySet()) {
            if (!other.getKey().equals(filter)) {
              covered |= other.getKey().covers(filter);
              qos = filter.covers(other.getKey()) ? Math.max(qos, other.getValue()) : qos;
            }
          }
          if (!covered) {
            cover.put(filter.text(), qos);
          }
        });
    return cover;
  }
}
