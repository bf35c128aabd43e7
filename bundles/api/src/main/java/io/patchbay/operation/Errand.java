package io.patchbay.operation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a person asks of a room at a command line, with no hub and no framework running. Found by
 * {@link java.util.ServiceLoader} through the thread's class loader, as are the {@link
 * io.patchbay.southbound.Protocol protocols} it may need.
 */
public interface Errand {
  /** The command: {@code check}, {@code try}, {@code replay}. Several rooms may have one of it. */
  String word();

  /**
   * Runs once, on a thread of its own.
   *
   * @param home what ships
   * @param words after the command
   * @param print takes each line of the answer
   * @return false when something is wrong, which was printed
   */
  boolean run(Path home, List<String> words, Consumer<String> print) throws IOException;
}
