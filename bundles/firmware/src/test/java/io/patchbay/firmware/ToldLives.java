package io.patchbay.firmware;

import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.ThingState;
import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the engine tells core, by thing, a repetition once. */
final class ToldLives implements Lifecycles {
  final Map<ThingId, List<String>> told = new ConcurrentHashMap<>();

  /** Things whose update has not ended. */
  final Map<ThingId, String> updating = new ConcurrentHashMap<>();

  private void told(ThingId thing, String words) {
    List<String> all = told.computeIfAbsent(thing, id -> new CopyOnWriteArrayList<>());
    if (all.isEmpty() || !all.get(all.size() - 1).equals(words)) {
      all.add(words);
    }
  }

  @Override
  public void updating(ThingId thing, String what) {
    updating.put(thing, what);
    told(thing, "updating: " + what);
  }

  @Override
  public void updated(ThingId thing, String outcome) {
    updating.remove(thing);
    told(thing, "updated: " + outcome);
  }

  @Override
  public Optional<List<Step>> life(ThingId thing, int limit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<ThingState> retire(ThingId thing, String why, String by) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletionStage<ThingState> reinstate(ThingId thing, String why, String by) {
    throw new UnsupportedOperationException();
  }
}
