package io.patchbay.northbound;

import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps the last raw frames of the things that somebody chose, in memory; a service of core. What
 * is kept may be private, and is gone when recording ends or the hub stops.
 */
public interface Recorder {
  /** How it stands with a thing; empty when there is none of that name. */
  Optional<State> state(ThingId thing);

  /** Begins; ends with the hub. False when there is no such thing. */
  boolean start(ThingId thing);

  /** Ends and forgets, unless the profile wants its things recorded. */
  void stop(ThingId thing);

  /** What is kept of a thing, oldest first; empty when it is not recorded. */
  Optional<Recording> recording(ThingId thing);

  /**
   * @param byProfile whether its profile wants it recorded
   * @param octets estimated, with what was made of the frames
   * @param lost frames that were too large, or left to make room, since it began
   */
  record State(boolean on, boolean byProfile, int frames, long octets, long lost) {}

  /**
   * Frames of one thing.
   *
   * @param frames oldest first
   */
  record Recording(Thing thing, List<Recorded> frames) {
    public Recording {
      frames = List.copyOf(frames);
    }
  }

  /**
   * A frame and what the hub made of it.
   *
   * @param profile {@code id@version} that read it
   * @param meaning readings and events, and a status that it says
   * @param heldBack which of them were not kept, by their place from 0: within a deadband, too
   *     early, or a retained copy of what was known
   */
  record Recorded(
      Frame frame,
      String profile,
      List<Uplink> meaning,
      Set<Integer> heldBack,
      List<Problem> problems) {
    public Recorded {
      meaning = List.copyOf(meaning);
      heldBack = Set.copyOf(heldBack);
      problems = List.copyOf(problems);
    }
  }

  /** Why a part of a frame was not taken. */
  record Problem(Rejection reason, String detail) {}
}
