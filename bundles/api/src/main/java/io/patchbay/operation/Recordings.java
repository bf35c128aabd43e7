package io.patchbay.operation;

import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.northbound.Recorder.Recording;
import java.util.List;

/** Writes recordings for people and files; a service of the profiles bundle. */
public interface Recordings {
  /** The {@code examples} of a profile, in YAML, as {@code ./patchbay check} runs them. */
  String examples(List<Recorded> frames);

  /**
   * A recording file: JSON, one line for the thing and one for each frame with the canonical SenML
   * of what was kept of it.
   */
  String text(Recording recording);
}
