package io.patchbay.southbound;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;

/**
 * An image that a device shall get; it lies on the hub's disk and has been checked.
 *
 * @param version that the device will report when it runs it
 * @param octets its length, at least 1
 * @param sha256 64 lower-case hexadecimal digits; tells this image from every other
 * @param token 32 letters, digits, {@code -} and {@code _}, a secret: who knows it may pull the
 *     image from {@link FirmwareDownloads} until its campaign ends; stays the same until then. For
 *     protocols that let devices pull from a server of their own.
 * @param address where devices may pull it over HTTP or HTTPS, with ranges; empty when the hub has
 *     no address for devices. As secret and as constant as the token.
 * @param content its octets
 */
public record FirmwareImage(
    String version,
    long octets,
    String sha256,
    String token,
    Optional<URI> address,
    Content content) {

  /** Opens the octets, any number of times, by any thread. */
  @FunctionalInterface
  public interface Content {
    /**
     * @param offset of the first octet to be read, 0 to the image's length
     */
    InputStream open(long offset) throws IOException;
  }

  /** Without what is secret. */
  @Override
  public String toString() {
    return "firmware " + version + ", " + octets + " octets, sha256 " + sha256;
  }
}
