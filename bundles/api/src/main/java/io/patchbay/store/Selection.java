package io.patchbay.store;

import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which uplinks are meant. What is empty is not asked.
 *
 * @param kinds at least one
 * @param profile id, without version
 * @param property name of the property, or of the event
 */
public record Selection(
    Set<Kind> kinds, Optional<ThingId> thing, Optional<String> profile, Optional<String> property) {

  /** Kinds of uplink. */
  public enum Kind {
    READING,
    OCCURRENCE,
    STATUS,
    DISCOVERED;

    public static Kind of(Uplink uplink) {
      if (uplink instanceof Uplink.Reading) {
        return READING;
      } else if (uplink instanceof Uplink.Occurrence) {
        return OCCURRENCE;
      }
      return uplink instanceof Uplink.StatusChange ? STATUS : DISCOVERED;
    }
  }

  public Selection {
    kinds = Set.copyOf(kinds);
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("a selection names at least one kind of uplink");
    }
  }

  public static Selection of(Kind kind) {
    return new Selection(EnumSet.of(kind), Optional.empty(), Optional.empty(), Optional.empty());
  }

  public static Selection all() {
    return new Selection(
        EnumSet.allOf(Kind.class), Optional.empty(), Optional.empty(), Optional.empty());
  }

  public boolean matches(Recorded recorded) {
    Uplink uplink = recorded.uplink();
    return kinds.contains(Kind.of(uplink))
        && (thing.isEmpty() || thing.get().equals(uplink.thing()))
        && (profile.isEmpty() || profile.get().equals(recorded.profileId()))
        && (property.isEmpty() || property.get().equals(name(uplink)));
  }

  /** The property of a reading, the event of an occurrence, else empty. */
  public static String name(Uplink uplink) {
    if (uplink instanceof Uplink.Reading reading) {
      return reading.property();
    }
    return uplink instanceof Uplink.Occurrence occurrence ? occurrence.event() : "";
  }
}
