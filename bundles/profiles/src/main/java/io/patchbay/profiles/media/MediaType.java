package io.patchbay.profiles.media;

import java.util.Locale;
import java.util.Optional;

/** The media types decoded here. */
enum MediaType {
  /** application/json, and what is built on it ({@code +json}). */
  JSON,
  /** application/senml+json (RFC 8428). */
  SENML,
  /** text/plain, always UTF-8. */
  TEXT,
  /** application/octet-stream. */
  OCTETS;

  static final String ACCEPTED =
      "application/json, application/senml+json, text/plain, application/octet-stream";

  /** Which one a name means; parameters ({@code ;charset=}) do not matter. */
  static Optional<MediaType> of(String name) {
    int parameters = name.indexOf(';');
    String bare =
        (parameters < 0 ? name : name.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    return Optional.ofNullable(
        switch (bare) {
          case "application/senml+json" -> SENML;
          case "text/plain" -> TEXT;
          case "application/octet-stream" -> OCTETS;
          case "application/json" -> JSON;
          default -> bare.startsWith("application/") && bare.endsWith("+json") ? JSON : null;
        });
  }
}
