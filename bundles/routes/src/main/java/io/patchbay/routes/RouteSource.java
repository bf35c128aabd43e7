package io.patchbay.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The text of a route file.
 *
 * @param id the file's name without {@code .camel.yaml}
 * @param file as the user knows it, for messages
 * @param shipped whether it is part of the distribution
 */
record RouteSource(String id, String file, String text, boolean shipped) {
  static final String SUFFIX = ".camel.yaml";

  private static final int VERSION_OCTETS = 6;

  /** Empty when a file of this name has no routes. */
  static Optional<String> id(String name) {
    return name.endsWith(SUFFIX)
        ? Optional.of(name.substring(0, name.length() - SUFFIX.length()))
        : Optional.empty();
  }

  static RouteSource of(String id, Path file, boolean shipped) throws IOException {
    // Malformed UTF-8 is left to the YAML parser, which names the line.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    return new RouteSource(id, file.toString(), text, shipped);
  }

  /** Changes whenever the text does. */
  String version() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, VERSION_OCTETS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The first comment line, or the id. */
  String title() {
    return text.lines()
        .map(String::strip)
        .filter(line -> line.startsWith("#") && !line.startsWith("##"))
        .map(line -> line.substring(1).strip())
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElse(id);
  }
}
