package io.patchbay.northbound.rest;

import java.io.Serial;
import java.util.Map;
import java.util.TreeMap;

/** An answer that is no success: a problem detail (RFC 9457). */
final class Problem extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private static final Map<Integer, String> TITLES =
      Map.ofEntries(
          Map.entry(400, "Bad request"),
          Map.entry(401, "Unauthorized"),
          Map.entry(403, "Forbidden"),
          Map.entry(404, "Not found"),
          Map.entry(405, "Method not allowed"),
          Map.entry(406, "Not acceptable"),
          Map.entry(409, "Conflict"),
          Map.entry(413, "Content too large"),
          Map.entry(415, "Unsupported media type"),
          Map.entry(416, "Range not satisfiable"),
          Map.entry(422, "Refused"),
          Map.entry(500, "Internal error"),
          Map.entry(503, "Not available"));

  private final int status;
  private final TreeMap<String, String> headers = new TreeMap<>();

  private Problem(int status, String detail) {
    super(detail, null, false, false);
    this.status = status;
  }

  /**
   * @param detail what was wrong, what is accepted, what to do next
   */
  static Problem of(int status, String detail) {
    return new Problem(status, detail);
  }

  static Problem bad(String detail) {
    return new Problem(400, detail);
  }

  static Problem notFound(String what) {
    return new Problem(404, what);
  }

  Problem with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  int status() {
    return status;
  }

  String title() {
    return TITLES.getOrDefault(status, "Error");
  }

  String detail() {
    return String.valueOf(getMessage());
  }

  Map<String, String> headers() {
    return headers;
  }
}
