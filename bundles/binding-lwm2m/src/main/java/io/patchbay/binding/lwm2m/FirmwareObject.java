package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.FirmwareUpdate.Report;
import io.patchbay.southbound.FirmwareUpdate.Result;
import io.patchbay.southbound.FirmwareUpdate.Stage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;

/**
 * What a device says in its object 5, Firmware Update (LwM2M 1.1, appendix E.6), and the version
 * that it runs.
 *
 * @param state 0 idle, 1 downloading, 2 downloaded, 3 updating
 * @param result of the last attempt, 0 to 11
 * @param uri that it pulls from; empty when it was given none
 * @param packageVersion of the image that lies ready, or was installed last; empty when it does not
 *     tell
 * @param protocols that it can pull by: 0 CoAP, 1 CoAP over DTLS, 2 HTTP, 3 HTTPS
 * @param delivery 0 it pulls, 1 it is given, 2 both
 * @param running version of its firmware (3/0/3)
 */
record FirmwareObject(
    long state,
    long result,
    String uri,
    String packageVersion,
    Set<Long> protocols,
    long delivery,
    String running) {
  static final LwM2mPath INSTANCE = new LwM2mPath(5, 0);
  static final LwM2mPath PACKAGE = new LwM2mPath(5, 0, 0);
  static final LwM2mPath URI = new LwM2mPath(5, 0, 1);
  static final LwM2mPath UPDATE = new LwM2mPath(5, 0, 2);
  static final LwM2mPath CANCEL = new LwM2mPath(5, 0, 10);
  static final LwM2mPath VERSION = new LwM2mPath(3, 0, 3);

  static final long IDLE = 0;
  static final long DOWNLOADING = 1;
  static final long DOWNLOADED = 2;
  static final long UPDATING = 3;

  private static final int STATE = 3;
  private static final int RESULT = 5;
  private static final int PACKAGE_VERSION = 7;
  private static final int PROTOCOLS = 8;
  private static final int DELIVERY = 9;
  private static final long BOTH = 2;
  private static final long SUCCESS = 1;

  FirmwareObject {
    protocols = Set.copyOf(protocols);
  }

  /**
   * @param version resource 3/0/3; empty when the device has none
   * @throws IllegalArgumentException when it does not say at which state it is
   */
  static FirmwareObject of(LwM2mNode node, String version) {
    Map<Integer, LwM2mResource> resources = new HashMap<>();
    if (node instanceof LwM2mObjectInstance instance) {
      resources.putAll(instance.getResources());
    }
    Set<Long> protocols = new HashSet<>();
    LwM2mResource supported = resources.get(PROTOCOLS);
    if (supported != null && supported.isMultiInstances()) {
      for (LwM2mResourceInstance each : supported.getInstances().values()) {
        if (each.getValue() instanceof Long protocol) {
          protocols.add(protocol);
        }
      }
    }
    long state = number(resources, STATE, -1);
    if (state < IDLE || state > UPDATING) {
      throw new IllegalArgumentException("/5/0/3 is not 0 to 3");
    }
    return new FirmwareObject(
        state,
        number(resources, RESULT, 0),
        text(resources, URI.getResourceId()),
        text(resources, PACKAGE_VERSION),
        protocols,
        number(resources, DELIVERY, BOTH),
        version);
  }

  private static long number(Map<Integer, LwM2mResource> resources, int id, long missing) {
    LwM2mResource resource = resources.get(id);
    return resource != null
            && !resource.isMultiInstances()
            && resource.getValue() instanceof Long value
        ? value
        : missing;
  }

  private static String text(Map<Integer, LwM2mResource> resources, int id) {
    LwM2mResource resource = resources.get(id);
    return resource != null
            && !resource.isMultiInstances()
            && resource.getValue() instanceof String value
        ? value
        : "";
  }

  boolean takesPushes() {
    return delivery != 0;
  }

  /** Never the version of an image that only lies ready. */
  String version() {
    return !running.isEmpty() || state != IDLE || result != SUCCESS ? running : packageVersion;
  }

  Report report() {
    return new Report(version(), stage(), state == IDLE ? ended() : Result.NONE, detail());
  }

  private Stage stage() {
    if (state == DOWNLOADING) {
      return Stage.DOWNLOADING;
    } else if (state == DOWNLOADED) {
      return Stage.DOWNLOADED;
    }
    return state == UPDATING ? Stage.UPDATING : Stage.IDLE;
  }

  private String detail() {
    return "state " + state + ", result " + result;
  }

  /** Resource 5: Update Result. */
  private Result ended() {
    return switch ((int) result) {
      case 0 -> Result.NONE;
      case 1 -> Result.SUCCEEDED;
      case 2 -> Result.OUT_OF_STORAGE;
      case 3 -> Result.OUT_OF_MEMORY;
      case 4 -> Result.CONNECTION_LOST;
      case 5 -> Result.BAD_CHECKSUM;
      case 6 -> Result.WRONG_IMAGE;
      case 7, 9 -> Result.BAD_ADDRESS;
      case 8 -> Result.INSTALL_FAILED;
      case 10 -> Result.CANCELLED;
      case 11 -> Result.REFUSED;
      default -> Result.BAD_ANSWER;
    };
  }
}
