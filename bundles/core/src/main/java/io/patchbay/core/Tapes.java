package io.patchbay.core;

import io.patchbay.northbound.Recorder;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.profile.Profile;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The last frames of the things that are recorded. In memory: nothing private is left on a disk,
 * and recording costs no disk of those that do not record. A thing that is not recorded costs one
 * look at its field per frame.
 */
final class Tapes implements Recorder {
  /** Frames of one thing; one more takes the place of the oldest. */
  static final int FRAMES = 100;

  /** Octets of one thing; when full the oldest go. */
  static final int OCTETS = 256 * 1024;

  /**
   * Octets of all things; when full a thing's own oldest go, and the frame when it has no others.
   */
  static final long ALL_OCTETS = 32L << 20;

  /** What a frame takes besides its payload, estimated. */
  private static final int OVERHEAD = 512;

  private static final int PER_UPLINK = 160;

  private final Directory directory;
  private final Catalogue catalogue;
  private final Set<ThingId> chosen = ConcurrentHashMap.newKeySet();
  private final AtomicLong octets = new AtomicLong();
  private final LongAdder lost = new LongAdder();

  Tapes(Directory directory, Catalogue catalogue) {
    this.directory = directory;
    this.catalogue = catalogue;
  }

  /** What is kept of one thing. */
  final class Tape {
    private final Deque<Recorded> frames = new ArrayDeque<>();
    private long mine;
    private long gone;
    private boolean ended;

    /** A frame has been committed, or was refused. */
    synchronized void add(Passage passage) {
      Draft draft = passage.draft;
      List<Uplink> meaning = new ArrayList<>(draft.data());
      Set<Integer> heldBack = new HashSet<>();
      for (int i = 0; i < meaning.size(); i++) {
        if (!kept(meaning.get(i), passage.uplinks)) {
          heldBack.add(i);
        }
      }
      draft.status().ifPresent(meaning::add);
      add(
          new Recorded(
              passage.frame,
              draft.source().map(source -> source.profile().profile().reference()).orElse(""),
              meaning,
              heldBack,
              draft.problems().stream()
                  .map(problem -> new Problem(problem.reason(), problem.detail()))
                  .toList()));
    }

    private void add(Recorded recorded) {
      long size = size(recorded);
      if (ended || size > OCTETS) {
        lose(ended ? 0 : 1);
        return;
      }
      octets.addAndGet(size);
      mine += size;
      while (!frames.isEmpty()
          && (frames.size() >= FRAMES || mine > OCTETS || octets.get() > ALL_OCTETS)) {
        drop(size(frames.removeFirst()));
        lose(1);
      }
      if (octets.get() > ALL_OCTETS) {
        drop(size);
        lose(1);
      } else {
        frames.addLast(recorded);
      }
    }

    private void drop(long size) {
      octets.addAndGet(-size);
      mine -= size;
    }

    private void lose(int count) {
      gone += count;
      lost.add(count);
    }

    synchronized void end() {
      ended = true;
      frames.clear();
      drop(mine);
    }

    synchronized List<Recorded> list() {
      return List.copyOf(frames);
    }

    synchronized State state(boolean byProfile) {
      return new State(true, byProfile, frames.size(), mine, gone);
    }
  }

  /** A reading of a retained frame is kept with another quality. */
  private static boolean kept(Uplink meant, List<Uplink> kept) {
    return kept.contains(meant)
        || (meant instanceof Uplink.Reading reading
            && kept.stream()
                .anyMatch(
                    one ->
                        one instanceof Uplink.Reading other
                            && other.withQuality(reading.quality()).equals(reading)));
  }

  private static long size(Recorded recorded) {
    return OVERHEAD
        + recorded.frame().payload().length()
        + (long) PER_UPLINK * recorded.meaning().size();
  }

  private boolean byProfile(Device device) {
    return catalogue
        .profile(device.thing().profile())
        .map(CompiledProfile::profile)
        .map(Profile::record)
        .orElse(false);
  }

  /** Profiles have changed. */
  void planAll() {
    directory.all().forEach(this::plan);
  }

  /** A thing has come, changed or gone. */
  void plan(ThingId id) {
    directory.find(id).ifPresentOrElse(this::plan, () -> chosen.remove(id));
  }

  private synchronized void plan(Device device) {
    boolean wanted = chosen.contains(device.id()) || byProfile(device);
    @Nullable Tape present = device.tape();
    if (wanted && present == null) {
      device.tape(new Tape());
    } else if (!wanted && present != null) {
      device.tape(null);
      present.end();
    }
  }

  /** The device is no member any more. */
  static void forget(Device device) {
    @Nullable Tape present = device.tape();
    if (present != null) {
      device.tape(null);
      present.end();
    }
  }

  @Override
  public Optional<State> state(ThingId thing) {
    return directory
        .find(thing)
        .map(
            device -> {
              @Nullable Tape tape = device.tape();
              return tape == null
                  ? new State(false, false, 0, 0, 0)
                  : tape.state(byProfile(device));
            });
  }

  @Override
  public boolean start(ThingId thing) {
    Optional<Device> device = directory.find(thing);
    device.ifPresent(
        there -> {
          chosen.add(thing);
          plan(there);
        });
    return device.isPresent();
  }

  @Override
  public void stop(ThingId thing) {
    chosen.remove(thing);
    plan(thing);
  }

  @Override
  public Optional<Recording> recording(ThingId thing) {
    return directory
        .find(thing)
        .flatMap(
            device ->
                Optional.ofNullable(device.tape())
                    .map(tape -> new Recording(device.thing(), tape.list())));
  }

  List<Sample> samples() {
    long recorded = directory.all().stream().filter(device -> device.tape() != null).count();
    return List.of(
        Sample.gauge("patchbay_recorder_things", "Things recorded.", Map.of(), (double) recorded),
        Sample.gauge(
            "patchbay_recorder_bytes",
            "Octets of recorded frames, estimated.",
            Map.of(),
            (double) octets.get()),
        Sample.counter(
            "patchbay_recorder_lost_total",
            "Recorded frames that made room for others, or found none.",
            Map.of(),
            (double) lost.sum()));
  }
}
