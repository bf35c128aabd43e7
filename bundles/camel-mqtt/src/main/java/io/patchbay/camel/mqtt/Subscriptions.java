package io.patchbay.camel.mqtt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a session listens to on the broker, oldest first, each with its subscription identifier
 * (MQTT 5.0, clause 3.8.2.1.2). Never changes.
 *
 * <p>Where filters overlap, a broker may send one message once per subscription (clause 3.3.4). The
 * copy of the oldest subscription that matches counts: it stood already when any of the others
 * matched, so its copy exists.
 */
final class Subscriptions {
  static final Subscriptions NONE = new Subscriptions(new LinkedHashMap<>());

  /** The identifier is a variable byte integer (clause 1.5.5); 1 is the smallest allowed. */
  static final int LARGEST_ID = 268_435_455;

  private record Held(TopicFilter filter, int id) {}

  private final Map<String, Integer> ids;
  private final List<Held> held = new ArrayList<>();
  private final boolean overlapping;

  Subscriptions(Map<String, Integer> oldestFirst) {
    ids = new LinkedHashMap<>(oldestFirst);
    ids.forEach((filter, id) -> held.add(new Held(TopicFilter.of(filter), id)));
    overlapping = overlapping(held);
  }

  private static boolean overlapping(List<Held> held) {
    for (int i = 0; i < held.size(); i++) {
      for (int j = i + 1; j < held.size(); j++) {
        if (held.get(i).filter().overlaps(held.get(j).filter())) {
          return true;
        }
      }
    }
    return false;
  }

  boolean contains(String filter) {
    return ids.containsKey(filter);
  }

  /** Filter and identifier, oldest first. */
  Map<String, Integer> ids() {
    return new LinkedHashMap<>(ids);
  }

  /** With one more, which is the youngest; its identifier is found from its text. */
  Subscriptions with(String filter) {
    Map<String, Integer> more = ids();
    int id = Math.floorMod(filter.hashCode(), LARGEST_ID) + 1;
    while (more.containsValue(id)) {
      id = id % LARGEST_ID + 1;
    }
    more.putIfAbsent(filter, id);
    return new Subscriptions(more);
  }

  Subscriptions without(String filter) {
    Map<String, Integer> fewer = ids();
    fewer.remove(filter);
    return new Subscriptions(fewer);
  }

  /** Whether a message is one more copy of one that comes through an older subscription. */
  boolean surplus(String topic, List<Integer> identifiers) {
    if (!overlapping || identifiers.isEmpty()) {
      return false;
    }
    for (Held oldest : held) {
      if (oldest.filter().matches(topic)) {
        return !identifiers.contains(oldest.id()) && ids.values().containsAll(identifiers);
      }
    }
    return false;
  }
}
