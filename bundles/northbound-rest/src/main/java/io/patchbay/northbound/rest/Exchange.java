package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.access.Principal;
import io.patchbay.thing.ThingId;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** One request and its answer. */
final class Exchange {
  private static final String CONCERNS = Exchange.class.getName() + ".concerns";
  private static final int MOST_NAMED = 200;

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final Route route;
  private final Map<String, String> path;
  private final Map<String, List<String>> query;
  private final Optional<Principal> principal;
  private final Settings settings;

  Exchange(
      HttpServletRequest request,
      HttpServletResponse response,
      Route route,
      Map<String, String> path,
      Map<String, List<String>> query,
      Optional<Principal> principal,
      Settings settings) {
    this.request = request;
    this.response = response;
    this.route = route;
    this.path = path;
    this.query = query;
    this.principal = principal;
    this.settings = settings;
  }

  // ---- who and what

  /** Who asks; {@code nobody} where no token is needed. */
  String who() {
    return principal.map(Principal::name).orElse("nobody");
  }

  Optional<Principal> principal() {
    return principal;
  }

  /** What the audit names: more than the address, when what is made has its name in the body. */
  void concerns(String what) {
    request.setAttribute(CONCERNS, what.substring(0, Math.min(what.length(), MOST_NAMED)));
  }

  /** What a request was about. */
  static String concern(HttpServletRequest request) {
    return request.getAttribute(CONCERNS) instanceof String what ? what : request.getRequestURI();
  }

  /** Whether only the headers are wanted. */
  boolean isHead() {
    return request.getMethod().equals("HEAD");
  }

  String path(String name) {
    String value = path.get(name);
    if (value == null) {
      throw new IllegalArgumentException(route.path() + " has no part {" + name + "}");
    }
    return value;
  }

  ThingId thing() {
    String id = path("id");
    if (!ThingId.valid(id)) {
      throw Problem.notFound("there is no thing '" + id + "': a thing's name has another form");
    }
    return new ThingId(id);
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  Optional<String> query(String name) {
    List<String> values = query.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw Problem.bad("'" + name + "' is given " + values.size() + " times; accepted: once");
    }
    return values.stream().findFirst();
  }

  List<String> queries(String name) {
    return query.getOrDefault(name, List.of());
  }

  long number(String name, long otherwise, long least, long most) {
    Optional<String> text = query(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      long value = Long.parseLong(text.get());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw Problem.bad(
        "'"
            + name
            + "' is '"
            + text.get()
            + "'; accepted: an integer from "
            + least
            + " to "
            + most);
  }

  Instant time(String name, Supplier<Instant> otherwise) {
    Optional<String> text = query(name);
    if (text.isEmpty()) {
      return otherwise.get();
    }
    try {
      return OffsetDateTime.parse(text.get()).toInstant();
    } catch (DateTimeException e) {
      throw Problem.bad(
          "'" + name + "' is '" + text.get() + "'; accepted: a time such as 2026-01-31T12:00:00Z");
    }
  }

  <E extends Enum<E>> Optional<E> word(String name, Class<E> type) {
    return query(name).map(text -> Words.parse(name, text, type));
  }

  // ---- the body

  /** The body as JSON, checked for type, size and form. */
  JsonNode json() throws IOException {
    accept("application/json");
    return Json.parse(octets(settings.maxBodyOctets()));
  }

  /** The body as a JSON object with these keys and no others. */
  Fields fields(String... keys) throws IOException {
    return Fields.of(json(), "the body", List.of(keys));
  }

  /** The body as text in UTF-8. */
  String text(String... mediaTypes) throws IOException {
    accept(mediaTypes);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(octets(settings.maxTextOctets())))
          .toString();
    } catch (CharacterCodingException e) {
      throw Problem.bad("the body is not UTF-8");
    }
  }

  private byte[] octets(int most) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    copy(out, most);
    return out.toByteArray();
  }

  /** Copies a binary body, at most {@code most} octets of it. */
  void copy(OutputStream out, long most) throws IOException {
    if (request.getContentLengthLong() > most) {
      throw tooLarge(most);
    }
    InputStream in = request.getInputStream();
    byte[] buffer = new byte[16_384];
    long sum = 0;
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      sum += read;
      if (sum > most) {
        throw tooLarge(most);
      }
      out.write(buffer, 0, read);
    }
  }

  private static Problem tooLarge(long most) {
    // What is still to come is dropped within bounds: the connection ends with the answer.
    return Problem.of(413, "the body is larger than " + most + " bytes, the most accepted here")
        .with("Connection", "close");
  }

  /** Refuses another media type. */
  void accept(String... mediaTypes) {
    String type = request.getContentType();
    String plain = type == null ? "" : type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    if (!Arrays.asList(mediaTypes).contains(plain)) {
      throw Problem.of(
          415,
          (plain.isEmpty() ? "the body has no Content-Type" : "the body is " + plain)
              + "; accepted: "
              + String.join(", ", mediaTypes));
    }
  }

  /** Which of the media types offered the client likes best (RFC 9110, clause 12.5.1). */
  String negotiate(List<String> offered) {
    String accept = header("Accept").orElse("*/*");
    String best = "";
    double bestQuality = 0;
    for (String type : offered) {
      double quality = quality(accept, type);
      if (quality > bestQuality) {
        best = type;
        bestQuality = quality;
      }
    }
    if (best.isEmpty()) {
      throw Problem.of(
          406, "'" + accept + "' is not offered here; offered: " + String.join(", ", offered));
    }
    return best;
  }

  private static double quality(String accept, String type) {
    double quality = 0;
    int narrowest = -1;
    for (String range : accept.split(",", -1)) {
      String[] parts = range.trim().split(";", -1);
      String name = parts[0].trim().toLowerCase(Locale.ROOT);
      int narrow =
          name.equals(type)
              ? 2
              : name.endsWith("/*") && type.startsWith(name.substring(0, name.length() - 1))
                  ? 1
                  : name.equals("*/*") ? 0 : -1;
      if (narrow > narrowest) {
        narrowest = narrow;
        quality = 1;
        for (String parameter : parts) {
          if (parameter.trim().startsWith("q=")) {
            quality = parsed(parameter.trim().substring(2));
          }
        }
      }
    }
    return quality;
  }

  private static double parsed(String quality) {
    try {
      return Double.parseDouble(quality);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  // ---- the answer

  Exchange set(String header, String value) {
    response.setHeader(header, value);
    return this;
  }

  void reply(int status, JsonNode body) throws IOException {
    reply(status, "application/json", Json.octets(body));
  }

  void reply(int status, String mediaType, String body) throws IOException {
    reply(status, mediaType, body.getBytes(StandardCharsets.UTF_8));
  }

  void reply(int status, String mediaType, byte[] body) throws IOException {
    response.setStatus(status);
    response.setContentType(mediaType);
    response.setContentLength(body.length);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(body);
    }
  }

  void done() {
    response.setStatus(204);
  }

  /** For an answer that goes on. */
  HttpServletResponse response() {
    return response;
  }

  /** The address this hub was called by, for links: scheme, host and port. */
  String base() {
    String host =
        header("Host").filter(text -> text.matches("[A-Za-z0-9.:\\[\\]-]+")).orElse("localhost");
    return request.getScheme() + "://" + host;
  }

  /** The query, decoded; names that the route does not know are refused. */
  static Map<String, List<String>> parse(String text, Route route) {
    Map<String, List<String>> query = new java.util.LinkedHashMap<>();
    if (text.isEmpty()) {
      return query;
    }
    List<String> known = route.query().stream().map(Route.Parameter::name).toList();
    for (String pair : text.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      String name = Words.decode(parts[0], true);
      if (name.equals("access_token")) {
        throw Problem.bad(
            "a token never belongs into an address, where logs keep it; send it as 'Authorization:"
                + " Bearer TOKEN'");
      }
      if (!known.contains(name)) {
        throw Problem.bad(
            "'"
                + name
                + "' is not a parameter of this; accepted: "
                + (known.isEmpty() ? "none" : String.join(", ", known)));
      }
      query
          .computeIfAbsent(name, key -> new ArrayList<>())
          .add(parts.length == 1 ? "" : Words.decode(parts[1], true));
    }
    return query;
  }
}
