package io.patchbay.firmware;

import io.patchbay.southbound.FirmwareImage;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A protocol without a wire, and its devices, which keep to a script. Devices outlive the protocol:
 * {@link #cutOff} is its end. Time is that of the clock.
 */
final class ScriptedDevices implements FirmwareUpdate {
  static final String SCHEME = "scripted";

  /** What becomes of an update. */
  enum Script {
    GOOD,
    /** Pulls the image by itself. */
    PULLS,
    /** Awake for two minutes of each half hour. */
    SLEEPS,
    BAD_CHECKSUM,
    BAD_SIGNATURE,
    OUT_OF_MEMORY,
    /** Loses power at its first download. */
    CUT_ONCE,
    /** Loses power at every download. */
    CUT_ALWAYS,
    /** Is not there when its first five downloads shall begin. */
    NOT_HEARD,
    /** Comes back over a new session in the middle of its first eight downloads. */
    RECONNECTS,
    /** Loses power while it installs, and comes back with the old image. */
    CUT_INSTALLING,
    /** Says that it is done, and runs the old image. */
    OLD_IMAGE,
    INSTALL_FAILS,
    /** Answers nothing. */
    SILENT,
    /** Its protocol never comes back from a call. */
    STUCK,
    /** Installs and is never heard again. */
    VANISHES,
    /** Comes back with a version that nobody sent. */
    OTHER_VERSION,
    /** Takes the order to install for the second time only. */
    DEAF_ONCE,
    REFUSES,
    HAS_IT,
    NO_VERSION,
    /** No device of the protocol. */
    UNKNOWN
  }

  static final Duration DOWNLOAD = Duration.ofSeconds(90);
  static final Duration INSTALL = Duration.ofSeconds(60);
  private static final Duration NIGHT = Duration.ofMinutes(28);
  private static final Duration DAY = Duration.ofMinutes(2);

  /** A device. */
  static final class Device {
    final Thing thing;
    Script script;
    String version = "1.0";
    Stage stage = Stage.IDLE;
    Result result = Result.NONE;
    Instant ends = Instant.MAX;
    Instant turns;
    boolean awake = true;
    int installs;
    int cuts;
    int told;
    String staged = "";

    /** When its downloads began. */
    final List<Instant> begun = new ArrayList<>();

    @Nullable CompletableFuture<Reply> transfer;

    Device(String id, Script script, Instant now, String scheme) {
      thing =
          new Thing(new ThingId(id), URI.create(scheme + "://local"), "meter", Map.of(), Map.of());
      this.script = script;
      turns = now;
      version = script == Script.NO_VERSION ? "" : script == Script.HAS_IT ? "1.1" : "1.0";
      awake = script != Script.SLEEPS;
    }

    Report report(String detail) {
      return new Report(version, stage, result, detail);
    }
  }

  final Map<ThingId, Device> devices = new TreeMap<>();

  /** Calls that a stuck protocol has not come back from. */
  final List<CompletableFuture<Reply>> forgotten = new CopyOnWriteArrayList<>();

  Duration download = DOWNLOAD;
  Duration install = INSTALL;

  /** The hub is about to be killed: what becomes of its calls. */
  enum LastWords {
    HEARD,
    /** They never reach a device. */
    NOT_SENT,
    /** The device does what it is told, and nobody hears of it. */
    NOT_ANSWERED
  }

  LastWords lastWords = LastWords.HEARD;
  private final Clock clock;
  private Listener listener;

  ScriptedDevices(Clock clock, Listener listener) {
    this.clock = clock;
    this.listener = listener;
  }

  synchronized Device add(String id, Script script) {
    Device device = new Device(id, script, clock.instant(), SCHEME);
    devices.put(device.thing.id(), device);
    return device;
  }

  synchronized Device device(String id) {
    Device device = devices.get(new ThingId(id));
    if (device == null) {
      throw new IllegalArgumentException("there is no device " + id);
    }
    return device;
  }

  /** The protocol ends: transfers break off, nobody is told; the devices go on. */
  synchronized void cutOff(Listener next) {
    listener = next;
    lastWords = LastWords.HEARD;
    devices.values().forEach(device -> device.transfer = null);
  }

  /** Lets time do its work. */
  void tick() {
    for (Device device : List.copyOf(devices.values())) {
      boolean changed;
      CompletableFuture<Reply> transfer;
      Report report;
      synchronized (this) {
        transfer = device.transfer;
        changed = tick(device);
        report = device.report("");
        if (transfer != device.transfer && transfer != null) {
          CompletableFuture<Reply> ended = transfer;
          Reply reply =
              device.stage == Stage.IDLE && device.result == Result.NONE
                  ? new Failed(
                      device.script == Script.RECONNECTS
                          ? Result.RECONNECTED
                          : Result.CONNECTION_LOST,
                      "the device has gone")
                  : report;
          var unused = ended.completeAsync(() -> reply, Runnable::run);
        }
      }
      if (changed) {
        listener.changed(device.thing.id());
      }
    }
  }

  private boolean tick(Device device) {
    Instant now = clock.instant();
    boolean woke = false;
    if (device.script == Script.SLEEPS && !now.isBefore(device.turns)) {
      device.awake = !device.awake;
      device.turns = now.plus(device.awake ? DAY : NIGHT);
      woke = device.awake;
    }
    boolean due = !now.isBefore(device.ends);
    boolean moves = device.script == Script.PULLS || device.transfer != null;
    if (device.stage == Stage.DOWNLOADING && due && moves) {
      downloaded(device);
      return true;
    } else if (device.stage == Stage.UPDATING && due) {
      installed(device);
      return true;
    }
    return woke;
  }

  private void downloaded(Device device) {
    device.ends = Instant.MAX;
    device.transfer = null;
    boolean cut =
        device.script == Script.CUT_ALWAYS
            || (device.script == Script.RECONNECTS && device.cuts < 8)
            || (device.script == Script.CUT_ONCE && device.cuts == 0);
    if (cut) {
      device.cuts++;
      device.stage = Stage.IDLE;
      return;
    }
    Result fault =
        switch (device.script) {
          case BAD_CHECKSUM -> Result.BAD_CHECKSUM;
          case BAD_SIGNATURE -> Result.BAD_SIGNATURE;
          case OUT_OF_MEMORY -> Result.OUT_OF_MEMORY;
          default -> Result.NONE;
        };
    device.result = fault;
    device.stage = fault == Result.NONE ? Stage.DOWNLOADED : Stage.IDLE;
  }

  private void installed(Device device) {
    device.ends = Instant.MAX;
    device.stage = Stage.IDLE;
    device.result = Result.SUCCEEDED;
    switch (device.script) {
      case CUT_INSTALLING -> device.result = Result.NONE;
      case OLD_IMAGE -> {}
      case INSTALL_FAILS -> device.result = Result.INSTALL_FAILED;
      case OTHER_VERSION -> device.version = "0.9";
      default -> device.version = device.staged;
    }
  }

  private Device find(Thing thing) {
    Device device = devices.get(thing.id());
    return device == null
        ? new Device(thing.id().value(), Script.UNKNOWN, clock.instant(), SCHEME)
        : device;
  }

  /** What is answered when the device cannot be asked. */
  private Optional<CompletionStage<Reply>> absent(Device device) {
    if (device.script == Script.UNKNOWN) {
      return Optional.of(now(new Failed(Result.UNSUPPORTED, "there is no such device")));
    } else if (device.script == Script.STUCK) {
      CompletableFuture<Reply> late = new CompletableFuture<>();
      forgotten.add(late);
      return Optional.of(late);
    } else if (device.script == Script.SILENT
        || (device.script == Script.VANISHES && device.installs > 0)) {
      return Optional.of(now(new Failed(Result.UNREACHABLE, "no answer")));
    } else if (!device.awake) {
      return Optional.of(now(new Deferred("asleep")));
    }
    return Optional.empty();
  }

  private interface Asked {
    CompletionStage<Reply> ask();
  }

  private CompletionStage<Reply> asked(Asked device) {
    CompletionStage<Reply> never = new CompletableFuture<>();
    if (lastWords == LastWords.NOT_SENT) {
      return never;
    }
    tick();
    CompletionStage<Reply> answer = device.ask();
    return lastWords == LastWords.NOT_ANSWERED ? never : answer;
  }

  private static CompletionStage<Reply> now(Reply reply) {
    return CompletableFuture.completedStage(reply);
  }

  @Override
  public CompletionStage<Reply> status(Thing thing) {
    return asked(() -> reported(thing));
  }

  private synchronized CompletionStage<Reply> reported(Thing thing) {
    Device device = find(thing);
    return absent(device).orElseGet(() -> now(device.report("")));
  }

  @Override
  public CompletionStage<Reply> deliver(Thing thing, FirmwareImage image) {
    return asked(() -> delivered(thing, image));
  }

  private CompletionStage<Reply> delivered(Thing thing, FirmwareImage image) {
    synchronized (this) {
      Device device = find(thing);
      Optional<CompletionStage<Reply>> absent = absent(device);
      if (absent.isPresent()) {
        return absent.get();
      } else if (device.script == Script.REFUSES) {
        return now(new Failed(Result.REFUSED, "its user said no"));
      } else if (device.script == Script.NOT_HEARD && device.cuts++ < 5) {
        return now(new Failed(Result.UNREACHABLE, "no answer"));
      }
      CompletableFuture<Reply> running = device.transfer;
      if (running != null) {
        return running;
      }
      boolean begins =
          (device.stage == Stage.IDLE && !device.version.equals(image.version()))
              || (device.stage == Stage.DOWNLOADING && device.script != Script.PULLS);
      if (begins) {
        device.stage = Stage.DOWNLOADING;
        device.result = Result.NONE;
        device.staged = image.version();
        device.begun.add(clock.instant());
        device.ends = clock.instant().plus(download);
        if (device.script != Script.PULLS) {
          CompletableFuture<Reply> transfer = new CompletableFuture<>();
          device.transfer = transfer;
          return transfer;
        }
      }
      return now(device.report(""));
    }
  }

  @Override
  public CompletionStage<Reply> apply(Thing thing, FirmwareImage image) {
    return asked(() -> applied(thing));
  }

  private CompletionStage<Reply> applied(Thing thing) {
    synchronized (this) {
      Device device = find(thing);
      Optional<CompletionStage<Reply>> absent = absent(device);
      if (absent.isPresent()) {
        return absent.get();
      }
      if (device.stage == Stage.DOWNLOADED) {
        device.told++;
        if (device.script != Script.DEAF_ONCE || device.told > 1) {
          device.installs++;
          device.stage = Stage.UPDATING;
          device.ends = clock.instant().plus(install);
        }
      }
      return now(device.report(""));
    }
  }

  @Override
  public CompletionStage<Reply> cancel(Thing thing) {
    return asked(() -> cancelled(thing));
  }

  private CompletionStage<Reply> cancelled(Thing thing) {
    CompletableFuture<Reply> transfer;
    Report report;
    synchronized (this) {
      Device device = find(thing);
      Optional<CompletionStage<Reply>> absent = absent(device);
      if (absent.isPresent()) {
        return absent.get();
      } else if (device.stage == Stage.UPDATING) {
        return now(new Failed(Result.REFUSED, "it installs already"));
      }
      transfer = device.transfer;
      device.transfer = null;
      device.stage = Stage.IDLE;
      device.staged = "";
      device.ends = Instant.MAX;
      report = device.report("");
    }
    if (transfer != null) {
      transfer.complete(new Failed(Result.CANCELLED, "cancelled"));
    }
    return now(report);
  }
}
