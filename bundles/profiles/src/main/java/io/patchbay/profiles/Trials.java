package io.patchbay.profiles;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * What {@code patchbay try} asks for: a data directory, a LoRaWAN port, a profile by id or path,
 * and frames.
 */
final class Trials implements BiPredicate<List<String>, Consumer<String>> {
  private final ProfileCheck check;
  private final Composition.Bases shipped;

  Trials(ProfileCheck check, Composition.Bases shipped) {
    this.check = check;
    this.shipped = shipped;
  }

  /** Whether every frame was understood. */
  @Override
  public boolean test(List<String> words, Consumer<String> print) {
    try {
      return run(
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

  private boolean run(
      Path data, int port, String wanted, List<String> words, Consumer<String> print)
      throws IOException {
    ProfilesAtHand profiles = new ProfilesAtHand(check, shipped, data);
    if (!profiles.has(wanted)) {
      print.accept("error: " + profiles.missing(wanted));
      return false;
    }
    ProfileReader.Read read = profiles.read(wanted, print).orElse(null);
    if (read == null) {
      return false;
    }
    print.accept("profile " + read.profile().id() + ", " + read.profile().title());
    Trial trial = check.trial(read, print);
    boolean good = true;
    int number = 1;
    for (TryFrame frame : TryFrame.read(words)) {
      good &= trial.run(number++, frame, port);
    }
    return good;
  }
}
