package io.patchbay.core;

import io.patchbay.northbound.Commands.State;
import io.patchbay.thing.CommandId;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The commands of the last while. When full the oldest that has ended goes. */
final class CommandLog {
  private final int bound;
  private final Map<CommandId, Tracked> commands = new LinkedHashMap<>();

  CommandLog(int bound) {
    this.bound = bound;
  }

  /** False when it is full of commands that are under way. */
  synchronized boolean add(Tracked tracked) {
    if (commands.size() >= bound && !dropOldestEnded()) {
      return false;
    }
    commands.put(tracked.id(), tracked);
    return true;
  }

  private boolean dropOldestEnded() {
    for (Iterator<Tracked> all = commands.values().iterator(); all.hasNext(); ) {
      if (all.next().hasEnded()) {
        all.remove();
        return true;
      }
    }
    return false;
  }

  synchronized Optional<Tracked> find(CommandId id) {
    return Optional.ofNullable(commands.get(id));
  }

  synchronized Map<State, Integer> states() {
    Map<State, Integer> states = new EnumMap<>(State.class);
    for (State state : State.values()) {
      states.put(state, 0);
    }
    commands.values().forEach(tracked -> states.merge(tracked.state(), 1, Integer::sum));
    return states;
  }
}
