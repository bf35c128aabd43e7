package io.patchbay.firmware;

import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareImage;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The images of the campaigns that have not ended, each under a token of 192 random bits. Shown by
 * one thread, looked at by many.
 */
final class Shelf implements FirmwareDownloads {
  private static final int TOKEN_OCTETS = 24;

  private final PackageStore packages;
  private final Optional<URI> address;
  private volatile List<FirmwareImage> shown = List.of();
  private volatile Set<String> needed = Set.of();
  private List<Course> open = List.of();

  /**
   * @param address where devices reach the hub over HTTP; empty for nowhere
   */
  Shelf(PackageStore packages, Optional<URI> address) {
    this.packages = packages;
    this.address = address;
    packages.neededBy(id -> needed.contains(id));
  }

  String newToken() {
    byte[] octets = new byte[TOKEN_OCTETS];
    new SecureRandom().nextBytes(octets); // not at the hub's start, where it costs time
    return Base64.getUrlEncoder().withoutPadding().encodeToString(octets);
  }

  FirmwareImage image(Course course) {
    Course.Header header = course.header();
    FirmwarePackage firmware = header.firmware();
    return new FirmwareImage(
        firmware.version(),
        firmware.octets(),
        firmware.sha256(),
        header.token(),
        address.map(base -> base.resolve("/firmware/" + header.token())),
        packages.content(firmware.id()));
  }

  /** Keeps a package from being removed until the next {@link #show}. */
  void need(String firmware) {
    Set<String> more = new HashSet<>(needed);
    more.add(firmware);
    needed = more;
    open = List.of();
  }

  /** Called often; does something when a campaign came or ended. */
  void show(Collection<Course> courses) {
    List<Course> now = courses.stream().filter(course -> !course.state().ended()).toList();
    if (!now.equals(open)) {
      open = now;
      shown = open.stream().map(this::image).toList();
      Set<String> ids = new HashSet<>();
      open.forEach(course -> ids.add(course.header().firmware().id()));
      needed = ids;
    }
  }

  @Override
  public Optional<FirmwareImage> find(String token) {
    byte[] given = token.getBytes(StandardCharsets.UTF_8);
    Optional<FirmwareImage> found = Optional.empty();
    for (FirmwareImage each : shown) {
      if (MessageDigest.isEqual(each.token().getBytes(StandardCharsets.UTF_8), given)) {
        found = Optional.of(each);
      }
    }
    return found;
  }
}
