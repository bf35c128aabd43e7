package io.patchbay.northbound;

import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The firmware images that campaigns bring to devices; a service of the firmware bundle. */
public interface FirmwarePackages {
  /** Sorted by id. */
  List<FirmwarePackage> list();

  /** One of them. */
  default Optional<FirmwarePackage> find(String id) {
    return list().stream().filter(one -> one.id().equals(id)).findFirst();
  }

  /**
   * Takes an image; durable when this returns. The same image under the same id and description is
   * no error.
   *
   * @param source asked once; what it throws ends the upload
   * @param by who uploads, for the record
   * @throws RefusedException when it is too large, not what its checksum says, not signed by a key
   *     that is trusted here, or another package has the id
   */
  FirmwarePackage add(Draft draft, Source source, String by) throws RefusedException, IOException;

  /**
   * Removes a package. False when there is none.
   *
   * @throws RefusedException when a campaign that has not ended needs it
   */
  boolean remove(String id) throws RefusedException, IOException;

  Space space();

  /** Writes the octets of an upload. */
  @FunctionalInterface
  interface Source {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * What is said of an image that is uploaded.
   *
   * @param id {@code [A-Za-z0-9][A-Za-z0-9._-]{0,63}}
   * @param version that a device reports when it runs it, 1 to 100 characters
   * @param sha256 that it must have, 64 hexadecimal digits; when empty, what came is taken
   * @param signature detached, of the octets; must be there when the hub has keys to check it
   * @param target devices that it is made for; a campaign leaves all others alone
   */
  record Draft(
      String id,
      String version,
      Optional<String> sha256,
      Optional<Bytes> signature,
      DeviceFilter target) {}

  /**
   * An image.
   *
   * @param signedBy name of the key that fits its signature; empty when none was asked for
   */
  record FirmwarePackage(
      String id,
      String version,
      long octets,
      String sha256,
      Optional<String> signedBy,
      DeviceFilter target,
      Instant uploaded,
      String by) {}

  /**
   * Room on the disk, in octets.
   *
   * @param most that all packages together may have
   * @param largest that one may have
   */
  record Space(long used, long most, long largest) {}
}
