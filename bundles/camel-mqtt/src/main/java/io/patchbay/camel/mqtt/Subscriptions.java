package io.patchbay.camel.mqtt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a session listens to on the broker, oldest first, each with its subscription identifier
 * (MQTT 5.0, clause 3.8.2.1.2). Never changes.
 *
 * <p>Where filters overlap, a broker may send one message once per subscription (clause 3.3.4). Of
 * those with the highest quality of service, the copy of the oldest that matches counts: it stood
 * already when any of the others matched, so its copy exists.
 */
final class Subscriptions {
  /**
   * How a filter is subscribed.
   *
   * @param id the subscription identifier
   * @param qos the highest quality of service with which messages come
   */
  record Terms(int id, int qos) {}

  static final Subscriptions NONE = new Subscriptions(new LinkedHashMap<>());

  /** The identifier is a variable byte integer (clause 1.5.5); 1 is the smallest allowed. */
  static final int LARGEST_ID = 268_435_455;

  private final Map<String, Terms> terms;

  /** In the order in which their copies count. */
  private final List<TopicFilter> filters = new ArrayList<>();

  private final Map<Integer, Integer> places = new HashMap<>();

  /** By place, what before it a message may also match; found when the first message comes. */
  private final Map<Integer, List<TopicFilter>> before = new ConcurrentHashMap<>();

  Subscriptions(Map<String, Terms> oldestFirst) {
    terms = new LinkedHashMap<>(oldestFirst);
    terms.entrySet().stream()
        .sorted(Comparator.comparingInt(one -> -one.getValue().qos()))
        .forEach(
            one -> {
              places.put(one.getValue().id(), filters.size());
              filters.add(TopicFilter.of(one.getKey()));
            });
  }

  /** Whether the filter is subscribed with exactly this quality of service. */
  boolean contains(String filter, int qos) {
    Terms present = terms.get(filter);
    return present != null && present.qos() == qos;
  }

  /** By filter, oldest first. */
  Map<String, Terms> terms() {
    return new LinkedHashMap<>(terms);
  }

  /**
   * With one more, which is the youngest, its identifier found from its text; or with another
   * quality of service for one that is there, which keeps identifier and age (clause 3.8.4).
   */
  Subscriptions with(String filter, int qos) {
    Map<String, Terms> more = terms();
    Terms present = more.get(filter);
    int id = present == null ? Math.floorMod(filter.hashCode(), LARGEST_ID) + 1 : present.id();
    while (present == null && places.containsKey(id)) {
      id = id % LARGEST_ID + 1;
    }
    more.put(filter, new Terms(id, qos));
    return new Subscriptions(more);
  }

  Subscriptions without(String filter) {
    Map<String, Terms> fewer = terms();
    fewer.remove(filter);
    return new Subscriptions(fewer);
  }

  /**
   * Whether a message is one more copy of one that counts.
   *
   * @param identifiers of the subscriptions that it came through
   */
  boolean surplus(String topic, List<Integer> identifiers) {
    int first = filters.size();
    for (int id : identifiers) {
      Integer place = places.get(id);
      if (place == null) {
        return false;
      }
      first = Math.min(first, place);
    }
    if (first == filters.size()) {
      return false;
    }
    for (TopicFilter other : before.computeIfAbsent(first, this::overlapping)) {
      if (other.matches(topic)) {
        return true;
      }
    }
    return false;
  }

  private List<TopicFilter> overlapping(int place) {
    return filters.subList(0, place).stream().filter(filters.get(place)::overlaps).toList();
  }
}
