package io.patchbay.southbound;

import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.util.concurrent.CompletionStage;

/**
 * How a protocol updates the firmware of one of its devices; a service with the property {@link
 * DownlinkPort#SCHEME}, registered while the protocol runs.
 *
 * <p>The campaign engine decides what is done and when, and keeps it on disk. The protocol only
 * carries out and keeps nothing: what it must know it asks the device. So it can be replaced, or
 * the hub killed, at any moment; the engine then asks for the {@link #status} and goes on from
 * there.
 *
 * <p>Each call may come again and then has no further effect: what is under way already is joined,
 * what is done already is answered. Calls must not block. Stages complete on any thread, in bounded
 * time each, and fail only on a bug; a service that goes away may leave its stages unfinished. No
 * more than one call per thing is made at a time, except {@link #cancel} while {@link #deliver} is
 * under way.
 *
 * <p>A device that sleeps is never waited for: the answer is {@link Deferred} at once, and the call
 * comes again when the device is seen ONLINE or {@link Listener#changed} says so. A call that was
 * sent and not answered because the device fell asleep meanwhile is deferred too.
 */
public interface FirmwareUpdate {

  /**
   * Asks the device, not a cache, how it stands.
   *
   * @return {@link Report}, {@link Deferred} or {@link Failed}; {@link Result#UNSUPPORTED} for a
   *     thing that cannot be updated over this protocol
   */
  CompletionStage<Reply> status(Thing thing);

  /**
   * Brings the image to the device. When the hub pushes, the stage completes when the device has
   * all of it (stage DOWNLOADED) or the transfer broke off, which it must when nothing moves for
   * some minutes. When the device pulls, it completes as soon as the device knows the address
   * (stage DOWNLOADING). It must not apply the image.
   *
   * <p>Comes again after every interruption: a transfer that was broken off is resumed or begun
   * anew, a device that pulls this image by itself is left alone, one that has it is DOWNLOADED. A
   * protocol whose devices download and apply in one does nothing here and reports DOWNLOADED; all
   * of it is {@link #apply}.
   *
   * @return {@link Report}, {@link Deferred}, or {@link Failed} with a reason; {@link Result#BUSY}
   *     while another image is on its way to the device
   */
  CompletionStage<Reply> deliver(Thing thing, FirmwareImage image);

  /**
   * Tells the device to install the image that it has and to run it; the stage completes when the
   * device was told. Called only after the device was DOWNLOADED. A device that is UPDATING, or
   * runs the image already, is not told again.
   *
   * @return {@link Report} or {@link Deferred}; {@link Failed} when the device was not told, or it
   *     is not known whether it was
   */
  CompletionStage<Reply> apply(Thing thing, FirmwareImage image);

  /**
   * Breaks off a delivery and makes the device throw away what it has of an image, so that it is
   * IDLE; {@code deliver} then completes with {@link Result#CANCELLED}. Does nothing to a device
   * that is IDLE, and refuses when it is UPDATING.
   *
   * @return {@link Report}, {@link Deferred} or {@link Failed}
   */
  CompletionStage<Reply> cancel(Thing thing);

  /** What came of a call. */
  sealed interface Reply {}

  /**
   * What the device says of itself.
   *
   * @param version of the firmware that runs now, in the device's own words; never that of an image
   *     that only lies ready; empty when the device does not tell. It alone makes an update a
   *     success.
   * @param result of the device's last or present attempt; NONE from the moment on that a new one
   *     began
   * @param detail for a person, may be empty
   */
  record Report(String version, Stage stage, Result result, String detail) implements Reply {}

  /**
   * The device is asleep: nothing was sent, or nothing is known to have come of it; nothing is kept
   * here.
   *
   * @param state for a person
   */
  record Deferred(String state) implements Reply {}

  /**
   * It could not be carried out now. What the device says of its image is a {@link Report}.
   *
   * @param reason neither NONE nor SUCCEEDED
   * @param detail what happened and what to do, for a person; no secret and no address of a
   *     download
   */
  record Failed(Result reason, String detail) implements Reply {}

  /** Where a device stands. */
  enum Stage {
    /** Nothing under way. */
    IDLE,
    /** It takes an image, or waits for the rest of one. */
    DOWNLOADING,
    /** It has all of an image, checked it and waits to be told. */
    DOWNLOADED,
    /** It installs, or restarts for it. */
    UPDATING
  }

  /** How an attempt ended, or why a call was not carried out. */
  enum Result {
    /** Nothing was tried, or it goes on. */
    NONE,
    /** So says the device; the version it reports decides. */
    SUCCEEDED,
    /** The image does not fit into its storage. */
    OUT_OF_STORAGE,
    /** It ran out of working memory. */
    OUT_OF_MEMORY,
    /** The transfer broke off. */
    CONNECTION_LOST,
    /**
     * The transfer broke off only because the device came back meanwhile, over a new session, with
     * a new registration or from another address. It says nothing against the device: the transfer
     * begins again, and is not counted as one that failed.
     */
    RECONNECTED,
    /** The image arrived with another checksum. */
    BAD_CHECKSUM,
    /** The device does not trust the image's signature. */
    BAD_SIGNATURE,
    /** Not an image for this device. */
    WRONG_IMAGE,
    /** It cannot use the address to pull from. */
    BAD_ADDRESS,
    /** It has the image and could not install it. */
    INSTALL_FAILED,
    CANCELLED,
    /** The device or its user said no. */
    REFUSED,
    /** Asked, and no answer came in time; or nothing leads to the device now. */
    UNREACHABLE,
    /** Another image is on its way, or too many are; again later. */
    BUSY,
    /** No update over this protocol for this thing. */
    UNSUPPORTED,
    /** The answer could not be understood. */
    BAD_ANSWER,
    /** A bug; the log has it. */
    INTERNAL
  }

  /** Who wants to know at once; a service of the campaign engine, which may not be there. */
  interface Listener {
    /**
     * Something of the thing's firmware changed, its device has restarted, or it is awake: ask for
     * its {@link #status}. A hint only; one that is lost delays and spoils nothing. Never blocks;
     * hints about things that are in no campaign cost nothing.
     */
    void changed(ThingId thing);
  }
}
