package io.patchbay.northbound;

import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Campaigns that bring a firmware package to many devices; a service of the firmware bundle. A
 * stage that completes tells of what is durable; it fails with {@link RefusedException}.
 */
public interface Campaigns {
  /** Newest first. */
  CompletionStage<List<Campaign>> list();

  CompletionStage<Optional<Campaign>> find(String id);

  /**
   * The devices of a campaign in the order of their turns; empty when there is no such campaign.
   *
   * @param state only those in it
   * @param skip how many to leave out
   * @param limit 1 to 1,000
   */
  CompletionStage<Optional<List<Device>>> devices(
      String id, Optional<DeviceState> state, int skip, int limit);

  /**
   * A device's way through a campaign; empty when there is no such campaign, or the device is not
   * in it.
   */
  CompletionStage<Optional<History>> history(String id, ThingId thing);

  /** Picks the devices and begins. */
  CompletionStage<Campaign> start(Plan plan, String by);

  /** No device begins or is told to install until it is resumed; what is under way goes on. */
  CompletionStage<Campaign> pause(String id, String by);

  CompletionStage<Campaign> resume(String id, String by);

  /** Ends it for all devices that were not told to install; those are followed to their end. */
  CompletionStage<Campaign> abort(String id, String by);

  /**
   * Begins a campaign that brings an earlier package to the devices of an ended one that may run
   * its version.
   *
   * @param newId of the campaign that begins
   */
  CompletionStage<Campaign> rollBack(String id, String newId, String packageId, String by);

  /** Forgets a campaign that has ended. */
  CompletionStage<Boolean> remove(String id);

  /**
   * What a campaign shall do.
   *
   * @param id {@code [A-Za-z0-9][A-Za-z0-9._-]{0,63}}
   * @param firmware id of the package
   */
  record Plan(String id, String firmware, DeviceFilter devices, Pace pace, Limits limits) {}

  /**
   * How fast it goes.
   *
   * @param canary devices of the first wave, at least 1
   * @param growth each wave is so many times as large as the one before, 1 to 100; it begins when
   *     all devices of that have ended
   * @param perMinute devices that begin in a minute, at least 1
   * @param atOnce devices that are busy with it at one time, those asleep not counted, at least 1
   * @param window when devices begin and are told to install; empty for always
   * @param abortPercent it is aborted when more of the devices that have ended failed, 0 to 100
   * @param abortAfter devices that must have ended before that is judged, at least 1; at the end of
   *     a wave it is judged in any case
   */
  record Pace(
      int canary,
      double growth,
      int perMinute,
      int atOnce,
      Optional<Window> window,
      int abortPercent,
      int abortAfter) {
    public static final Pace USUAL = new Pace(5, 4, 60, 50, Optional.empty(), 10, 10);
  }

  /**
   * A part of each day; over midnight when it ends before it begins.
   *
   * @param to not in it any more
   */
  record Window(LocalTime from, LocalTime to, ZoneId zone) {
    public boolean contains(Instant now) {
      LocalTime time = now.atZone(zone).toLocalTime();
      boolean begun = !time.isBefore(from);
      boolean over = !time.isBefore(to);
      return from.isBefore(to) ? begun && !over : begun || !over;
    }
  }

  /**
   * How long a device may take for what, and how often it may try.
   *
   * @param contact until it says which version it runs
   * @param delivery until it has the image
   * @param installation until it reports the new version
   * @param campaign until everything has ended
   * @param attempts deliveries that may break off, at least 1
   */
  record Limits(
      Duration contact, Duration delivery, Duration installation, Duration campaign, int attempts) {
    public static final Limits USUAL =
        new Limits(
            Duration.ofDays(2), Duration.ofDays(1), Duration.ofHours(2), Duration.ofDays(30), 3);
  }

  /**
   * A campaign as it stands.
   *
   * @param wave the present one, from 1
   * @param admitted devices of this wave and those before
   * @param counts devices by state
   * @param reasons devices that failed, were skipped or stopped, by reason
   * @param detail why it stands so, for a person
   */
  record Campaign(
      Plan plan,
      String version,
      State state,
      String detail,
      String by,
      Instant started,
      Optional<Instant> ended,
      int wave,
      int admitted,
      int devices,
      Map<DeviceState, Integer> counts,
      Map<Reason, Integer> reasons,
      Optional<String> rollbackOf) {
    public Campaign {
      counts = Map.copyOf(counts);
      reasons = Map.copyOf(reasons);
    }
  }

  /** States of a campaign. */
  enum State {
    RUNNING,
    PAUSED,
    /** Devices that were told to install are followed to their end. */
    ABORTING,
    ABORTED,
    DONE;

    public boolean ended() {
      return this == ABORTED || this == DONE;
    }
  }

  /**
   * A device in a campaign.
   *
   * @param reason NONE unless it has ended otherwise than updated
   * @param before version it ran when its turn came, empty before
   * @param attempts deliveries that broke off
   */
  record Device(
      ThingId thing,
      DeviceState state,
      Reason reason,
      String detail,
      Instant since,
      String before,
      int attempts) {}

  /**
   * A device's way through a campaign.
   *
   * @param passages oldest first; at most the newest 64
   */
  record History(Device device, List<Passage> passages) {
    public History {
      passages = List.copyOf(passages);
    }
  }

  /**
   * What became of a device at one time. A delivery that broke off is one of its own, in the same
   * state.
   *
   * @param reason NONE unless it has ended otherwise than updated
   */
  record Passage(Instant at, DeviceState state, Reason reason, String detail) {}

  /** States of a device; those from UPDATED on are ends. */
  enum DeviceState {
    /** Its turn has not come. */
    WAITING,
    /** Asked which version it runs. */
    CHECKING,
    /** The image is on its way. */
    DELIVERING,
    /** It has the image; told to install in the window, and when the campaign runs. */
    READY,
    /** It is told to install, or was and it is not known whether it heard it. */
    INSTALLING,
    /** It was told; it installs and restarts. */
    CONFIRMING,
    /** It has reported the new version. */
    UPDATED,
    FAILED,
    /** It needs nothing, or is none of those meant. */
    SKIPPED,
    /** The campaign was aborted before it was told to install. */
    STOPPED;

    public boolean ended() {
      return compareTo(UPDATED) >= 0;
    }
  }

  /** Why a device has ended otherwise than updated. */
  enum Reason {
    NONE,
    /** It runs the version already. */
    HAS_IT,
    /** Its version is none of those the package or the campaign is meant for. */
    NOT_MEANT,
    /** It does not say which version it runs, so that no update could be shown. */
    NO_VERSION,
    /** It never answered in time. */
    SILENT,
    /** It slept until the time was over. */
    ASLEEP,
    /** No protocol bundle that can update it was running. */
    NO_PROTOCOL,
    /** The thing was removed. */
    GONE,
    /** It was busy with another image all the time. */
    BUSY,
    /** It did not have the image in time. */
    DELIVERY_TOO_LONG,
    /** The delivery broke off too often. */
    INTERRUPTED,
    OUT_OF_STORAGE,
    OUT_OF_MEMORY,
    CONNECTION_LOST,
    BAD_CHECKSUM,
    BAD_SIGNATURE,
    WRONG_IMAGE,
    BAD_ADDRESS,
    INSTALL_FAILED,
    /** The update was cancelled at the device. */
    CANCELLED,
    REFUSED,
    UNSUPPORTED,
    BAD_ANSWER,
    /** It restarted while installing, and runs the old image. */
    INSTALL_INTERRUPTED,
    /** It says that it is done, and runs the old image. */
    OLD_IMAGE,
    /** It runs neither the old version nor the new one. */
    OTHER_VERSION,
    /** It was told to install and did not report the new version in time. */
    NOT_CONFIRMED,
    /** The campaign's time was over before its turn came. */
    EXPIRED,
    /** The campaign was aborted. */
    ABORTED,
    INTERNAL
  }
}
