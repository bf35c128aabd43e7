package io.patchbay.northbound.rest;

import io.patchbay.access.Role;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareImage;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /firmware/{token}}: the image of a campaign, for devices, which have no token of the API:
 * the address is the secret. With ranges (RFC 9110, clause 14), so that a device goes on where it
 * broke off.
 */
final class DownloadRoutes {
  /** Before the secret part of the address. */
  static final String PREFIX = "/firmware/";

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");
  private static final int BUFFER = 16_384;

  private final Rooms rooms;

  /** Slow devices must not take all threads from people. */
  private final Semaphore places;

  /**
   * @param most downloads at one time; one more is told to come again
   */
  DownloadRoutes(Rooms rooms, int most) {
    this.rooms = rooms;
    this.places = new Semaphore(most);
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                PREFIX + "{token}",
                Role.VIEWER,
                "The image of a campaign that goes on, for devices",
                "Image",
                this::download)
            .open());
  }

  /**
   * @param first octet
   * @param last octet, itself included
   */
  private record Range(long first, long last) {}

  private void download(Exchange exchange) throws IOException {
    FirmwareImage image =
        rooms
            .find(FirmwareDownloads.class)
            .orElseThrow(
                () -> // after a start; a device that hears 404 gives its update up
                Problem.of(503, "campaigns are not read yet").with("Retry-After", "5"))
            .find(exchange.path("token"))
            .orElseThrow(() -> Problem.notFound("there is no such image now"));
    if (!places.tryAcquire()) {
      throw Problem.of(503, "too many devices download now").with("Retry-After", "30");
    }
    try {
      send(exchange, image);
    } finally {
      places.release();
    }
  }

  private static void send(Exchange exchange, FirmwareImage image) throws IOException {
    String tag = '"' + image.sha256() + '"';
    Optional<Range> range = range(exchange, image, tag);
    long first = range.map(Range::first).orElse(0L);
    long length = range.map(Range::last).orElse(image.octets() - 1) - first + 1;
    HttpServletResponse response = exchange.response();
    response.setStatus(range.isPresent() ? 206 : 200);
    response.setContentType("application/octet-stream");
    response.setContentLengthLong(length);
    response.setHeader("ETag", tag);
    response.setHeader("Accept-Ranges", "bytes");
    range.ifPresent(
        part ->
            response.setHeader(
                "Content-Range",
                "bytes " + part.first() + "-" + part.last() + "/" + image.octets()));
    if (!exchange.isHead()) {
      copy(image, first, length, response.getOutputStream());
    }
  }

  private static void copy(FirmwareImage image, long first, long length, OutputStream out)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = image.content().open(first)) {
      long left = length;
      while (left > 0) {
        int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          throw new IOException("the image is shorter than it was");
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }

  /** One range is answered; several, or one of an image that has changed, get all of it. */
  private static Optional<Range> range(Exchange exchange, FirmwareImage image, String tag) {
    Matcher asked = RANGE.matcher(exchange.header("Range").orElse(""));
    boolean same = exchange.header("If-Range").map(tag::equals).orElse(true);
    if (!asked.matches() || !same) {
      return Optional.empty();
    }
    String from = asked.group(1);
    String to = asked.group(2);
    long end = image.octets() - 1;
    if (from.isEmpty() && to.isEmpty()) {
      return Optional.empty();
    }
    long first = from.isEmpty() ? Math.max(0, end + 1 - Long.parseLong(to)) : Long.parseLong(from);
    long last = from.isEmpty() || to.isEmpty() ? end : Math.min(end, Long.parseLong(to));
    if (!from.isEmpty() && !to.isEmpty() && Long.parseLong(to) < first) {
      return Optional.empty(); // malformed, so that it counts as none
    }
    if (first > end) {
      throw Problem.of(416, "the image has " + image.octets() + " octets")
          .with("Content-Range", "bytes */" + image.octets());
    }
    return Optional.of(new Range(first, last));
  }

  /** An address as a log may have it. */
  static String loggable(String uri) {
    return uri.startsWith(PREFIX) ? PREFIX + "…" : uri;
  }
}
