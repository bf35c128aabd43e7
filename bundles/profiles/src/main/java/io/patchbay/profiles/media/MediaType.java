package io.patchbay.profiles.media;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The media types decoded here. */
enum MediaType {
  /** application/json, and what is built on it ({@code +json}). */
  JSON,
  /** application/senml+json (RFC 8428). */
  SENML,
  /** application/cbor (RFC 8949), and what is built on it ({@code +cbor}). */
  CBOR,
  /** application/senml+cbor (RFC 8428, clause 6). */
  SENML_CBOR,
  /** text/csv (RFC 4180). */
  CSV,
  /** application/xml, text/xml (RFC 7303), and what is built on it ({@code +xml}). */
  XML,
  /** text/plain, always UTF-8. */
  TEXT,
  /** application/octet-stream. */
  OCTETS;

  static final String ACCEPTED =
      "application/json, application/senml+json, application/cbor, application/senml+cbor, text/csv,"
          + " application/xml, text/plain, application/octet-stream";

  /** Which one a name means; parameters ({@code ;charset=}) do not matter. */
  static Optional<MediaType> of(String name) {
    int parameters = name.indexOf(';');
    String bare =
        (parameters < 0 ? name : name.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    return Optional.ofNullable(
        switch (bare) {
          case "application/senml+json" -> SENML;
          case "application/senml+cbor" -> SENML_CBOR;
          case "text/plain" -> TEXT;
          case "text/csv" -> CSV;
          case "application/octet-stream" -> OCTETS;
          case "application/json" -> JSON;
          case "application/cbor" -> CBOR;
          case "application/xml", "text/xml" -> XML;
          default -> bare.startsWith("application/") ? suffixed(bare) : null;
        });
  }

  private static @Nullable MediaType suffixed(String bare) {
    return bare.endsWith("+json")
        ? JSON
        : bare.endsWith("+cbor") ? CBOR : bare.endsWith("+xml") ? XML : null;
  }
}
