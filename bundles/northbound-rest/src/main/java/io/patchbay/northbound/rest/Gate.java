package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Audit;
import io.patchbay.access.Principal;
import io.patchbay.access.Role;
import io.patchbay.northbound.RefusedException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one way in: headers, route, token, role, handler, audit, problem. */
final class Gate extends HttpServlet {
  @Serial private static final long serialVersionUID = 1L;

  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
  private static final String BEARER = "bearer ";
  private static final int MAX_TOKEN = 512;

  /** Octets of a refused body that are read before the answer: its connection goes on. */
  private static final long LITTLE = 1L << 20;

  /** Octets of a refused body that are read, to be dropped. */
  private static final long MOST_DROPPED = 512L << 20;

  /** How long a refused body is read, before the answer and again behind it. */
  private static final long LONGEST_DROP = TimeUnit.SECONDS.toNanos(5);

  /** Of a request that came with a valid token. */
  private static final String KNOWN = Gate.class.getName() + ".known";

  private final transient Router router;
  private final transient ConsoleFiles console;
  private final transient Rooms rooms;
  private final transient Settings settings;
  private final transient Map<Integer, LongAdder> answers = new ConcurrentHashMap<>();

  Gate(Router router, ConsoleFiles console, Rooms rooms, Settings settings) {
    this.router = router;
    this.console = console;
    this.rooms = rooms;
    this.settings = settings;
  }

  Map<Integer, LongAdder> answers() {
    return answers;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    harden(response);
    try {
      pass(request, response);
    } catch (Problem problem) {
      answer(problem, request, response);
    } catch (RefusedException refused) {
      answer(Problem.of(422, String.valueOf(refused.getMessage())), request, response);
    } catch (IOException e) {
      if (response.isCommitted()) {
        throw e; // the client has gone
      }
      LOG.warn("{} {} failed: {}", request.getMethod(), loggable(request), e.toString());
      answer(Problem.of(500, "reading or writing failed: " + e.getMessage()), request, response);
    } catch (RuntimeException e) {
      LOG.error("{} {} failed", request.getMethod(), loggable(request), e);
      answer(Problem.of(500, "this is a bug; the log has it"), request, response);
    }
    answers.computeIfAbsent(response.getStatus(), status -> new LongAdder()).increment();
  }

  /** Some addresses are secrets. */
  private static String loggable(HttpServletRequest request) {
    return DownloadRoutes.loggable(request.getRequestURI());
  }

  private static void harden(HttpServletResponse response) {
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader(
        "Content-Security-Policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    response.setHeader("Cache-Control", "no-store");
  }

  private void pass(HttpServletRequest request, HttpServletResponse response)
      throws IOException, RefusedException {
    String method = request.getMethod();
    List<String> segments = Words.segments(request.getRequestURI());
    boolean reads = method.equals("GET") || method.equals("HEAD");
    if (reads && console.serve(segments, response, method.equals("GET"))) {
      return;
    }
    Router.Found found = router.find(method, segments);
    Route route = found.route();
    Optional<Principal> principal = authenticate(request, route);
    principal.ifPresent(who -> request.setAttribute(KNOWN, true));
    Role least = route.role().orElse(Role.VIEWER);
    if (route.role().isPresent() && principal.filter(who -> who.role().includes(least)).isEmpty()) {
      record(principal, route, request, "refused: needs the role " + Words.of(least));
      throw Problem.of(
          403,
          "this needs the role "
              + Words.of(least)
              + "; the token has "
              + principal.map(who -> Words.of(who.role())).orElse("none"));
    }
    String queryText = request.getQueryString();
    try {
      Map<String, List<String>> query = Exchange.parse(queryText == null ? "" : queryText, route);
      route
          .handler()
          .handle(new Exchange(request, response, route, found.path(), query, principal, settings));
      record(principal, route, request, "done");
    } catch (Problem problem) {
      record(principal, route, request, "refused: " + problem.detail());
      throw problem;
    } catch (RefusedException refused) {
      record(principal, route, request, "refused: " + refused.getMessage());
      throw refused;
    }
  }

  /** RFC 6750, clause 2.1: the header alone. */
  private Optional<Principal> authenticate(HttpServletRequest request, Route route) {
    String header = request.getHeader("Authorization");
    if (header == null) {
      if (route.role().isEmpty()) {
        return Optional.empty();
      }
      throw unauthorized("no token", "");
    }
    String token =
        bearer(header)
            .orElseThrow(() -> unauthorized("an Authorization that is no bearer token", ""));
    Optional<Principal> principal = rooms.tokens().authenticate(token);
    if (principal.isEmpty()) {
      throw unauthorized("a token that is not valid", ", error=\"invalid_token\"");
    }
    return principal;
  }

  /** The token of an Authorization. */
  static Optional<String> bearer(String header) {
    boolean is =
        header.length() <= MAX_TOKEN && header.regionMatches(true, 0, BEARER, 0, BEARER.length());
    return is ? Optional.of(header.substring(BEARER.length()).trim()) : Optional.empty();
  }

  private static Problem unauthorized(String what, String error) {
    return Problem.of(
            401,
            "the request has "
                + what
                + "; accepted: 'Authorization: Bearer TOKEN', the first"
                + " administrator's token is in the file admin-token of the data directory")
        .with("WWW-Authenticate", "Bearer realm=\"patchbay\"" + error);
  }

  private void record(
      Optional<Principal> who, Route route, HttpServletRequest request, String result) {
    if (!route.act().isEmpty()) {
      rooms
          .find(Audit.class)
          .ifPresent(
              audit ->
                  audit.record(
                      who.map(Principal::name).orElse("nobody"),
                      route.act(),
                      Exchange.concern(request),
                      result));
    }
  }

  private static void answer(
      Problem problem, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (response.isCommitted()) {
      throw new IOException("failed after the answer had begun: " + problem.detail());
    }
    boolean known = request.getAttribute(KNOWN) != null && request.getHeader("Expect") == null;
    if (known ? !drop(request, LITTLE) : hasBody(request)) {
      response.setHeader("Connection", "close"); // and whoever asks does not ask on it again
    }
    response.resetBuffer();
    problem.headers().forEach(response::setHeader);
    response.setStatus(problem.status());
    response.setContentType("application/problem+json");
    ObjectNode body =
        Json.object()
            .put("type", "about:blank")
            .put("title", problem.title())
            .put("status", problem.status())
            .put("detail", problem.detail())
            .put("instance", request.getRequestURI());
    byte[] octets = Json.octets(body);
    response.setContentLength(octets.length);
    if (!request.getMethod().equals("HEAD")) {
      response.getOutputStream().write(octets);
    }
    response.flushBuffer();
    if (known) {
      boolean unused = drop(request, MOST_DROPPED);
    }
  }

  private static boolean hasBody(HttpServletRequest request) {
    return request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
  }

  /**
   * Reads what is left of a body: a connection that is closed with octets unread is reset, which
   * takes the answer from the client (RFC 9112, clause 9.6). Of a large one the rest is read behind
   * the answer: whoever looks at it while he sends can stop. Beyond the bounds it is a reset.
   *
   * @return whether there is nothing more
   */
  private static boolean drop(HttpServletRequest request, long most) {
    byte[] buffer = new byte[16_384];
    long end = System.nanoTime() + LONGEST_DROP;
    long dropped = 0;
    try {
      InputStream in = request.getInputStream();
      int read = 0;
      while (read >= 0 && dropped < most && System.nanoTime() < end) {
        read = in.read(buffer);
        dropped += read;
      }
      return read < 0;
    } catch (IOException gone) {
      LOG.debug("A refused body did not come: {}", gone.getMessage());
      return true;
    }
  }
}
