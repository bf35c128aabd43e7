package io.patchbay.profiles;

import io.patchbay.operation.Errand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What {@code patchbay try} asks for: a data directory, a LoRaWAN port, a profile by id or path,
 * and frames.
 */
public final class Trials implements Errand {
  private final Function<Path, Alone> room;

  public Trials() {
    this(Alone::in);
  }

  Trials(Function<Path, Alone> room) {
    this.room = room;
  }

  @Override
  public String word() {
    return "try";
  }

  /** Whether every frame was understood. */
  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) {
    try {
      return run(
          room.apply(home),
          Path.of(words.get(0)),
          Integer.parseInt(words.get(1)),
          words.get(2),
          words.subList(3, words.size()),
          print);
    } catch (IOException | IllegalArgumentException e) {
      print.accept("error: " + e.getMessage());
      return false;
    }
  }

  private static boolean run(
      Alone room, Path data, int port, String wanted, List<String> words, Consumer<String> print)
      throws IOException {
    ProfilesAtHand profiles = new ProfilesAtHand(room.check(), room.shipped(), data);
    if (!profiles.has(wanted)) {
      print.accept("error: " + profiles.missing(wanted));
      return false;
    }
    ProfileReader.Read read = profiles.read(wanted, print).orElse(null);
    if (read == null) {
      return false;
    }
    print.accept("profile " + read.profile().id() + ", " + read.profile().title());
    Trial trial = room.check().trial(read, print);
    boolean good = true;
    int number = 1;
    for (TryFrame frame : TryFrame.read(words)) {
      good &= trial.run(number++, frame, port);
    }
    return good;
  }
}
