package io.patchbay.binding.coap;

import io.patchbay.profile.AddressPattern;
import io.patchbay.southbound.Interest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Where the profiles listen. Used by many threads at once. */
final class Listening {
  /** Paths remembered; when full all are forgotten and judged again. */
  private static final int REMEMBERED = 10_000;

  private record Heard(AddressPattern pattern, String mediaType) {}

  private record Snapshot(List<Heard> heard, Map<String, Optional<Set<String>>> judged) {}

  private volatile Snapshot snapshot = new Snapshot(List.of(), Map.of());

  /** What the profiles want from now on. */
  void hear(Set<Interest> all) {
    List<Heard> heard = new ArrayList<>();
    for (Interest interest : all) {
      if (!ResourceForm.asked(interest.form())) {
        heard.add(
            new Heard(
                AddressPattern.of(ResourceForm.resource(interest.form())),
                ContentFormats.bare(interest.form().mediaType())));
      }
    }
    snapshot = new Snapshot(List.copyOf(heard), new ConcurrentHashMap<>());
  }

  /** The media types that somebody reads at a path; empty when nobody listens there. */
  Optional<Set<String>> at(String path) {
    Snapshot now = snapshot;
    Optional<Set<String>> known = now.judged().get(path);
    if (known != null) {
      return known;
    }
    Set<String> types = new HashSet<>();
    for (Heard heard : now.heard()) {
      if (heard.pattern().match(path).isPresent()) {
        types.add(heard.mediaType());
      }
    }
    Optional<Set<String>> found = types.isEmpty() ? Optional.empty() : Optional.of(types);
    if (!now.heard().isEmpty()) {
      if (now.judged().size() >= REMEMBERED) {
        now.judged().clear();
      }
      now.judged().put(path, found);
    }
    return found;
  }

  /** Patterns, each with the media types read there, sorted. */
  Map<String, Set<String>> all() {
    Map<String, Set<String>> all = new TreeMap<>();
    for (Heard heard : snapshot.heard()) {
      all.computeIfAbsent(heard.pattern().toString(), pattern -> new TreeSet<>())
          .add(heard.mediaType());
    }
    return all;
  }
}
