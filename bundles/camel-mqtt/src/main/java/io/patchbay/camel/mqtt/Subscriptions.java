package io.patchbay.camel.mqtt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a session listens to on the broker, oldest first, each with its subscription identifier
 * (MQTT 5.0, clause 3.8.2.1.2). Filters that were asked for in one packet share theirs; none of
 * them matches what another one does. Never changes.
 *
 * <p>Where filters overlap, a broker may send one message once per subscription (clause 3.3.4). Of
 * those with the highest quality of service, the copy of the oldest that matches counts: it stood
 * already when any of the others matched, so its copy exists.
 */
final class Subscriptions {
  /**
   * How a filter is subscribed.
   *
   * @param id the subscription identifier, of all that were asked for in one packet
   * @param qos the highest quality of service with which messages come
   */
  record Terms(int id, int qos) {}

  static final Subscriptions NONE = new Subscriptions(new LinkedHashMap<>());

  /** The identifier is a variable byte integer (clause 1.5.5); 1 is the smallest allowed. */
  static final int LARGEST_ID = 268_435_455;

  /** In one packet; some brokers of the clouds refuse more. */
  static final int FILTERS_AT_ONCE = 8;

  private final Map<String, Terms> terms;

  /** In the order in which their copies count. */
  private final List<TopicFilter> filters = new ArrayList<>();

  private final Map<Integer, List<Integer>> places = new HashMap<>();

  /** By identifier; found when the first message comes. */
  private final Map<Integer, List<Doubt>> doubts = new ConcurrentHashMap<>();

  /** A filter whose message may be a copy, since it may also match one of those before it. */
  private record Doubt(TopicFilter filter, List<TopicFilter> before) {
    boolean of(String topic) {
      return filter.matches(topic) && before.stream().anyMatch(other -> other.matches(topic));
    }
  }

  Subscriptions(Map<String, Terms> oldestFirst) {
    terms = new LinkedHashMap<>(oldestFirst);
    terms.entrySet().stream()
        .sorted(Comparator.comparingInt(one -> -one.getValue().qos()))
        .forEach(
            one -> {
              places
                  .computeIfAbsent(one.getValue().id(), id -> new ArrayList<>())
                  .add(filters.size());
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
   * With more, which are the youngest, in packets one after the other; or with another quality of
   * service for those that are there, which keep identifier and age (clause 3.8.4).
   *
   * @param added each with its quality of service
   */
  Subscriptions with(Map<String, Integer> added) {
    Map<String, Terms> more = terms();
    List<List<TopicFilter>> packets = new ArrayList<>();
    added.forEach(
        (filter, qos) -> {
          Terms present = more.get(filter);
          if (present == null) {
            packet(packets, TopicFilter.of(filter));
          } else {
            more.put(filter, new Terms(present.id(), qos));
          }
        });
    Set<Integer> taken = new HashSet<>(places.keySet());
    for (List<TopicFilter> packet : packets) {
      int id = Math.floorMod(packet.get(0).text().hashCode(), LARGEST_ID) + 1;
      while (!taken.add(id)) {
        id = id % LARGEST_ID + 1;
      }
      for (TopicFilter filter : packet) {
        more.put(filter.text(), new Terms(id, added.getOrDefault(filter.text(), 0)));
      }
    }
    return new Subscriptions(more);
  }

  private static void packet(List<List<TopicFilter>> packets, TopicFilter filter) {
    for (List<TopicFilter> packet : packets) {
      if (packet.size() < FILTERS_AT_ONCE && packet.stream().noneMatch(filter::overlaps)) {
        packet.add(filter);
        return;
      }
    }
    packets.add(new ArrayList<>(List.of(filter)));
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
    for (Integer id : identifiers) {
      if (!places.containsKey(id)
          || doubts.computeIfAbsent(id, this::doubts).stream().noneMatch(one -> one.of(topic))) {
        return false;
      }
    }
    return !identifiers.isEmpty();
  }

  private List<Doubt> doubts(int id) {
    return places.getOrDefault(id, List.of()).stream()
        .map(place -> new Doubt(filters.get(place), overlapping(place)))
        .filter(doubt -> !doubt.before().isEmpty())
        .toList();
  }

  private List<TopicFilter> overlapping(int place) {
    return filters.subList(0, place).stream().filter(filters.get(place)::overlaps).toList();
  }
}
