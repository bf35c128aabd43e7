package io.patchbay.profiles;

import io.patchbay.northbound.Recorder.Problem;
import io.patchbay.northbound.Recorder.Recorded;
import io.patchbay.operation.Errand;
import io.patchbay.operation.Finding;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.Reader;
import io.patchbay.southbound.Rejection;
import io.patchbay.southbound.Target;
import io.patchbay.thing.SenMl;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What {@code patchbay replay} asks for: a data directory, a recording file, and a profile by id or
 * path; an empty one stands for those that read the frames in the hub.
 */
public final class Replays implements Errand {
  /** Frames whose differences are shown; more are counted. */
  private static final int SHOWN = 10;

  /** Characters of a text that are shown before and from the first that differs. */
  private static final int BEFORE = 60;

  private static final int FROM = 200;

  private final Function<Path, Alone> room;

  public Replays() {
    this(Alone::in);
  }

  Replays(Function<Path, Alone> room) {
    this.room = room;
  }

  @Override
  public String word() {
    return "replay";
  }

  /** Whether the frames say now, octet for octet, what the hub kept of them. */
  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) {
    String file = words.get(1);
    Alone here = room.apply(home);
    Replay replay = new Replay(here.check(), file, words.get(2), print);
    try {
      return replay.run(new ProfilesAtHand(here.check(), here.shipped(), Path.of(words.get(0))));
    } catch (Flaw flaw) {
      print.accept(
          new Finding(Finding.Severity.ERROR, file, flaw.line(), flaw.message()).toString());
    } catch (NoSuchFileException e) {
      print.accept(file + ": error: there is no file " + e.getFile());
    } catch (IOException e) {
      print.accept(file + ": error: it cannot be read: " + e.getMessage());
    }
    return false;
  }

  /** One recording. */
  private static final class Replay {
    private final ProfileCheck check;
    private final String file;
    private final String wanted;
    private final Consumer<String> print;
    private final Map<String, Interpretation> profilesRead = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private int frames;
    private int differing;

    Replay(ProfileCheck check, String file, String wanted, Consumer<String> print) {
      this.check = check;
      this.file = file;
      this.wanted = wanted;
      this.print = print;
    }

    boolean run(ProfilesAtHand profiles) throws IOException, Flaw {
      try (RecordingLines lines = RecordingLines.open(Path.of(file))) {
        for (Optional<RecordingLines.Line> next = lines.next();
            next.isPresent();
            next = lines.next()) {
          Optional<Interpretation> reader = reader(profiles, next.get());
          if (reader.isEmpty()) {
            return false;
          }
          compare(lines, next.get(), reader.get());
        }
      }
      differences.forEach(print);
      print.accept(
          file
              + ": "
              + (differing == 0
                  ? frames + " frames, identical"
                  : differing + " of " + frames + " frames differ")
              + profilesRead.values().stream()
                  .map(reader -> ", read with " + reader.profile().reference())
                  .distinct()
                  .sorted()
                  .reduce("", String::concat));
      return differing == 0;
    }

    /** Of the profile that is wanted, or else of the one that read the frame. */
    private Optional<Interpretation> reader(ProfilesAtHand profiles, RecordingLines.Line line)
        throws IOException, Flaw {
      int at = line.profile().lastIndexOf('@');
      String id = !wanted.isEmpty() ? wanted : line.profile().substring(0, Math.max(0, at));
      String scheme = line.frame().origin().scheme();
      if (!check.speaks(scheme)) {
        throw new Flaw(
            line.number(),
            "no bundle for protocol '" + scheme + "' is installed; name its jar before the file");
      }
      Interpretation known = profilesRead.get(id);
      if (known == null && !profiles.has(id)) {
        throw new Flaw(line.number(), profiles.missing(id));
      } else if (known == null) {
        known = profiles.read(id, print).map(check::interpretation).orElse(null);
        if (known != null) {
          profilesRead.put(id, known);
        }
      }
      return Optional.ofNullable(known);
    }

    private void compare(RecordingLines lines, RecordingLines.Line line, Interpretation reader) {
      List<DecodeException> wrong = new ArrayList<>();
      List<Uplink> meaning = read(lines.thing(), line.frame(), reader, wrong);
      Recorded again =
          new Recorded(
              line.frame(),
              reader.profile().reference(),
              meaning,
              line.heldBack(),
              wrong.stream().map(each -> new Problem(each.reason(), each.detail())).toList());
      String senml = SenMl.text(RecordingFiles.kept(again));
      print.accept(senml);
      frames++;
      List<String> problems = RecordingFiles.problems(again);
      boolean same = senml.equals(line.senml());
      if (same && problems.equals(line.problems())) {
        return;
      }
      differing++;
      if (differing <= SHOWN) {
        differences.add(
            same
                ? difference(
                    line, "other problems", line.problems().toString(), problems.toString())
                : difference(line, "not what the hub kept", line.senml(), senml));
      }
    }

    /** As a hub reads it: readings and events, not what is said of the thing's status. */
    private static List<Uplink> read(
        ThingId thing, Frame frame, Interpretation reader, List<DecodeException> wrong) {
      try {
        Target target = frame.target().orElse(null);
        List<Reader> hear =
            target == null
                ? reader.readers(frame.origin())
                : List.of(reader.target(target.property(), frame.origin().scheme()));
        return reader.read(thing, frame, hear, wrong, Interpretation.Steps.NONE).data();
      } catch (DecodeException e) {
        wrong.add(e);
      } catch (RuntimeException e) {
        wrong.add(new DecodeException(Rejection.INTERNAL, "a bug: " + e));
      }
      return List.of();
    }

    private String difference(
        RecordingLines.Line line, String what, String expected, String actual) {
      int at = 0;
      int shorter = Math.min(expected.length(), actual.length());
      while (at < shorter && expected.charAt(at) == actual.charAt(at)) {
        at++;
      }
      return file
          + ":"
          + line.number()
          + ": "
          + what
          + (line.profile().equals("") ? "" : " with " + line.profile())
          + ", from character "
          + (at + 1)
          + "\n  expected "
          + around(expected, at)
          + "\n  actual   "
          + around(actual, at);
    }
  }

  private static String around(String text, int at) {
    int from = Math.max(0, at - BEFORE);
    int to = Math.min(text.length(), at + FROM);
    return (from > 0 ? "…" : "") + text.substring(from, to) + (to < text.length() ? "…" : "");
  }
}
