package io.patchbay.northbound.rest;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The console's files, from a folder. */
final class ConsoleFiles {
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html;charset=utf-8",
          "js", "text/javascript;charset=utf-8",
          "css", "text/css;charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "json", "application/json",
          "woff2", "font/woff2");

  private final Optional<Path> folder;

  ConsoleFiles(Optional<Path> folder) {
    this.folder = folder.map(path -> path.toAbsolutePath().normalize());
  }

  /** Whether there is such a file; then it is the answer. */
  boolean serve(List<String> segments, HttpServletResponse response, boolean body)
      throws IOException {
    Optional<Path> file = find(segments);
    if (file.isEmpty()) {
      return false;
    }
    String name = file.get().getFileName().toString();
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    byte[] octets = Files.readAllBytes(file.get());
    response.setContentType(type == null ? "application/octet-stream" : type);
    // The dates of a reproducible build never change, so they cannot say what is stale; a file
    // below assets/ has its content's hash in its name.
    boolean hashed = segments.get(0).equals("assets");
    response.setHeader(
        "Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-store");
    response.setContentLength(octets.length);
    if (body) {
      response.getOutputStream().write(octets);
    }
    return true;
  }

  private Optional<Path> find(List<String> segments) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Path path = folder.get();
    for (String segment : segments) {
      // Also keeps what an encoded slash or two dots could reach.
      if (segment.startsWith(".") || !segment.matches("[A-Za-z0-9._-]*")) {
        return Optional.empty();
      }
      path = path.resolve(segment);
    }
    if (segments.equals(List.of(""))) {
      path = path.resolve("index.html");
    }
    return Optional.of(path).filter(Files::isRegularFile);
  }
}
