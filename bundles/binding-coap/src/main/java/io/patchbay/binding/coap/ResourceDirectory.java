package io.patchbay.binding.coap;

import io.patchbay.southbound.Receipt;
import io.patchbay.thing.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CoRE resource directory (RFC 9176): endpoints register what resources they have. All but the
 * disk happens on the endpoints' one thread.
 */
final class ResourceDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceDirectory.class);
  static final String PATH = "rd";
  static final String SIMPLE = ".well-known/rd";

  /** Of one endpoint; one with more is refused. */
  static final int LINKS = 256;

  /** One more endpoint is answered with 5.03 until another expires. */
  static final int ENDPOINTS = 10_000;

  static final String LOOKUP = "rd-lookup/";

  /** What is told at once: the next page is asked for with {@code page}. */
  private static final int PAGE = 200;

  private static final int LONGEST_NAME = 63;
  private static final long USUAL_LIFETIME = 90_000;
  private static final long LONGEST_LIFETIME = 4_294_967_295L;
  private static final int RETRY_SECONDS = 60;

  /** What the directory itself is, for {@code .well-known/core}. */
  static final List<Link> OWN =
      List.of(
          new Link("/rd", Map.of()).with("ct", "40").with("rt", "core.rd"),
          new Link("/rd-lookup/ep", Map.of()).with("ct", "40").with("rt", "core.rd-lookup-ep"),
          new Link("/rd-lookup/res", Map.of()).with("ct", "40").with("rt", "core.rd-lookup-res"));

  private record Held(Registration registration, long expires) {}

  /** Asks an endpoint for its links: the response's text. */
  interface Asking {
    CompletionStage<String> links();
  }

  private final RegistrationFiles files;
  private final Introductions introductions;
  private final Access access;
  private final Executor disk;
  private final Executor thread;
  private final Map<String, Held> held = new TreeMap<>();
  private volatile int size;

  /**
   * @param disk what waits for the disk; bounded
   */
  ResourceDirectory(
      RegistrationFiles files,
      Introductions introductions,
      Access access,
      Executor disk,
      Executor thread) {
    this.files = files;
    this.introductions = introductions;
    this.access = access;
    this.disk = disk;
    this.thread = thread;
  }

  static boolean serves(String path) {
    return path.equals(PATH) || path.startsWith(PATH + "/") || path.startsWith(LOOKUP);
  }

  /** How many endpoints there are. */
  int size() {
    return size;
  }

  /** Takes those of before a restart; each has its whole lifetime again. */
  void begin() {
    for (Registration registration : files.all()) {
      if (held.size() < ENDPOINTS) {
        hold(registration);
      }
    }
  }

  /** To be called every few seconds: forgets those whose lifetime has ended. */
  void look() {
    long now = System.nanoTime();
    for (Held one : List.copyOf(held.values())) {
      if (now - one.expires() >= 0) {
        CompletionStage<Response> unused = remove(one.registration(), "its registration expired");
      }
    }
  }

  /**
   * @param asking fetches the links of whoever sent it
   */
  CompletionStage<Response> answer(Request request, String path, Asking asking) {
    try {
      if (path.equals(PATH) || path.equals(SIMPLE)) {
        return register(request, path, asking);
      } else if (path.startsWith(LOOKUP)) {
        return CompletableFuture.completedStage(lookup(request, path));
      }
      return registered(request, path.substring(PATH.length() + 1));
    } catch (IllegalArgumentException e) {
      return refused(ResponseCode.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private static CompletionStage<Response> refused(ResponseCode code, String detail) {
    return CompletableFuture.completedStage(Replies.refused(code, detail));
  }

  private @Nullable Response forbidden(Request request, Access.Use use, String what) {
    return access.refusal(request.getSourceContext(), use, what).map(Replies::refused).orElse(null);
  }

  private CompletionStage<Response> register(Request request, String path, Asking asking) {
    if (request.getCode() != Code.POST) {
      return refused(ResponseCode.METHOD_NOT_ALLOWED, "accepted at '" + path + "': POST");
    }
    Map<String, String> said = said(request);
    String endpoint = said.getOrDefault("ep", "");
    if (endpoint.isEmpty()) {
      throw new IllegalArgumentException("the query needs ep=NAME");
    }
    Response forbidden = forbidden(request, Access.Use.REGISTER, endpoint);
    if (forbidden != null) {
      return CompletableFuture.completedStage(forbidden);
    }
    if (path.equals(SIMPLE)) {
      Registration empty = registration(request, said, List.of());
      // it is told at once; what it has is asked for afterwards (RFC 9176, clause 5.1)
      var unused =
          asking
              .links()
              .thenComposeAsync(
                  text ->
                      keep(
                          new Registration(
                              empty.endpoint(),
                              empty.sector(),
                              empty.lifetime(),
                              empty.base(),
                              false,
                              empty.more(),
                              Link.parse(text, LINKS))),
                  thread)
              .exceptionally(
                  failure -> {
                    LOG.warn("'{}' does not say what it has: {}", endpoint, failure.getMessage());
                    return new Response(ResponseCode.BAD_REQUEST);
                  });
      return CompletableFuture.completedStage(new Response(ResponseCode.CHANGED));
    }
    int format = request.getOptions().getContentFormat();
    if (request.getOptions().hasContentFormat() && format != ContentFormats.LINKS) {
      return refused(
          ResponseCode.UNSUPPORTED_CONTENT_FORMAT, "accepted here: 40, application/link-format");
    }
    return keep(registration(request, said, Link.parse(request.getPayloadString(), LINKS)));
  }

  /** Puts in an endpoint that the hub found by itself. */
  CompletionStage<Response> found(String endpoint, String base, String text) {
    return keep(
        new Registration(
            endpoint, "", USUAL_LIFETIME, base, true, Map.of(), Link.parse(text, LINKS)));
  }

  private static Map<String, String> said(Request request) {
    Map<String, String> said = new HashMap<>();
    for (String query : request.getOptions().getUriQueryStrings()) {
      int equals = query.indexOf('=');
      if (equals > 0) {
        said.put(query.substring(0, equals), query.substring(equals + 1));
      }
    }
    return said;
  }

  private static Registration registration(
      Request request, Map<String, String> said, List<Link> links) {
    String endpoint = name("ep", said.getOrDefault("ep", ""));
    String sector = name("d", said.getOrDefault("d", ""));
    Map<String, String> more = new TreeMap<>(said);
    List.of("ep", "d", "lt", "base", "rt", "given").forEach(more::remove);
    String base = said.get("base");
    return new Registration(
        endpoint,
        sector,
        lifetime(said, USUAL_LIFETIME),
        base == null ? source(request) : base(request, base),
        base != null,
        more,
        links);
  }

  private static String name(String key, String name) {
    if (name.length() > LONGEST_NAME || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          key + " is too long or unreadable; accepted: up to " + LONGEST_NAME + " characters");
    }
    return name;
  }

  private static long lifetime(Map<String, String> said, long otherwise) {
    String text = said.get("lt");
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,10}")
        || Long.parseLong(text) < 1
        || Long.parseLong(text) > LONGEST_LIFETIME) {
      throw new IllegalArgumentException(
          "lt=" + text + "; accepted: seconds, 1 to " + LONGEST_LIFETIME);
    }
    return Long.parseLong(text);
  }

  private static String source(Request request) {
    InetSocketAddress peer = request.getSourceContext().getPeerAddress();
    String host = peer.getAddress().getHostAddress();
    boolean secure = request.getSourceContext().getPeerIdentity() != null;
    return (secure ? "coaps://" : "coap://")
        + (host.contains(":") ? "[" + host + "]" : host)
        + ":"
        + peer.getPort();
  }

  /** Of the one who registers: nobody sends the hub to somebody else. */
  private static String base(Request request, String base) {
    try {
      URI uri = URI.create(base);
      String host = uri.getHost();
      if (host == null || !ResourceForm.absolute(base)) {
        throw new IllegalArgumentException("it is no coap:// or coaps:// address");
      }
      String own = URI.create(source(request)).getHost();
      if (!host.equals(own)) {
        throw new IllegalArgumentException(
            "accepted: the address that it comes from, " + own + ", and any port");
      }
      return uri.getScheme() + "://" + uri.getAuthority();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("base=" + base + ": " + e.getMessage(), e);
    }
  }

  private CompletionStage<Response> keep(Registration registration) {
    String id = registration.id();
    if (!held.containsKey(id) && held.size() >= ENDPOINTS) {
      return full();
    }
    return introductions
        .introduce(registration)
        .thenComposeAsync(
            receipt ->
                receipt instanceof Receipt.Busy || receipt instanceof Receipt.Rejected
                    ? CompletableFuture.completedStage(Replies.of(receipt))
                    : onDisk(() -> files.keep(registration))
                        .thenApplyAsync(
                            nothing -> {
                              hold(registration);
                              introductions.presence(
                                  registration, Status.ONLINE, "it has registered");
                              Response created = new Response(ResponseCode.CREATED);
                              created.getOptions().setLocationPath(PATH + "/" + id);
                              return created;
                            },
                            thread),
            thread)
        .exceptionally(failure -> failed(registration, failure));
  }

  private static Response failed(Registration registration, Throwable failure) {
    LOG.warn("'{}' cannot be registered: {}", registration.endpoint(), failure.getMessage());
    return Replies.busy(
        java.time.Duration.ofSeconds(RETRY_SECONDS), "it cannot be kept now; send it again");
  }

  private static CompletionStage<Response> full() {
    return CompletableFuture.completedStage(
        Replies.busy(
            java.time.Duration.ofSeconds(RETRY_SECONDS),
            "there are " + ENDPOINTS + " endpoints, the most that are kept"));
  }

  private interface Disk {
    void write() throws IOException;
  }

  private CompletionStage<Void> onDisk(Disk task) {
    try {
      return CompletableFuture.runAsync(
          () -> {
            try {
              task.write();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          },
          disk);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(new IOException("too much waits for the disk"));
    }
  }

  private void hold(Registration registration) {
    held.put(
        registration.id(),
        new Held(registration, System.nanoTime() + registration.lifetime() * 1_000_000_000L));
    size = held.size();
  }

  private CompletionStage<Response> remove(Registration registration, String why) {
    held.remove(registration.id());
    size = held.size();
    introductions.presence(registration, Status.OFFLINE, why);
    return onDisk(() -> files.forget(registration.id()))
        .thenApply(nothing -> new Response(ResponseCode.DELETED))
        .exceptionally(failure -> failed(registration, failure));
  }

  private CompletionStage<Response> registered(Request request, String id) {
    Held found = held.get(id);
    if (found == null) {
      return refused(ResponseCode.NOT_FOUND, "no endpoint is at 'rd/" + id + "'; register again");
    }
    Registration before = found.registration();
    Response forbidden = forbidden(request, Access.Use.REGISTER, before.endpoint());
    if (forbidden != null) {
      return CompletableFuture.completedStage(forbidden);
    }
    if (request.getCode() == Code.DELETE) {
      return remove(before, "it took its registration back");
    } else if (request.getCode() != Code.POST) {
      return refused(ResponseCode.METHOD_NOT_ALLOWED, "accepted here: POST, DELETE");
    }
    Map<String, String> said = said(request);
    String base = said.get("base");
    Registration after =
        before.at(
            base != null ? base(request, base) : before.given() ? before.base() : source(request),
            base != null || before.given(),
            lifetime(said, before.lifetime()));
    if (after.equals(before)) {
      hold(after); // only its time begins again: after a restart it does in any case
      return CompletableFuture.completedStage(new Response(ResponseCode.CHANGED));
    }
    return keep(after)
        .thenApply(
            response -> response.isSuccess() ? new Response(ResponseCode.CHANGED) : response);
  }

  private Response lookup(Request request, String path) {
    Response forbidden = forbidden(request, Access.Use.LOOK, path);
    if (forbidden != null) {
      return forbidden;
    } else if (request.getCode() != Code.GET) {
      return Replies.refused(ResponseCode.METHOD_NOT_ALLOWED, "accepted here: GET");
    }
    List<String> filters = new ArrayList<>();
    int page = 0;
    int count = PAGE;
    for (String query : request.getOptions().getUriQueryStrings()) {
      if (query.startsWith("page=")) {
        page = number(query.substring(5), Integer.MAX_VALUE / PAGE);
      } else if (query.startsWith("count=")) {
        count = Math.max(1, number(query.substring(6), PAGE));
      } else {
        filters.add(query);
      }
    }
    Stream<Link> found;
    if (path.equals(LOOKUP + "ep")) {
      found = held.values().stream().flatMap(one -> endpoints(one.registration(), filters));
    } else if (path.equals(LOOKUP + "res")) {
      found = held.values().stream().flatMap(one -> resources(one.registration(), filters));
    } else {
      return Replies.refused(ResponseCode.NOT_FOUND, "accepted: rd-lookup/ep, rd-lookup/res");
    }
    Response response = new Response(ResponseCode.CONTENT);
    response.getOptions().setContentFormat(ContentFormats.LINKS);
    response.setPayload(
        found
            .skip((long) page * count)
            .limit(count)
            .map(Link::toString)
            .collect(Collectors.joining(",")));
    return response;
  }

  private static int number(String text, int most) {
    if (!text.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException("'" + text + "' is no number from 0 to " + most);
    }
    return Math.min(most, Integer.parseInt(text));
  }

  /** A filter may be about the endpoint or about one of its links (RFC 9176, clause 6.2). */
  private static Stream<Link> endpoints(Registration one, List<String> filters) {
    Link self = one.asLink();
    boolean wanted =
        filters.stream()
            .allMatch(
                filter ->
                    self.meets(filter)
                        || one.resources().stream().anyMatch(link -> link.meets(filter)));
    return wanted ? Stream.of(self) : Stream.empty();
  }

  private static Stream<Link> resources(Registration one, List<String> filters) {
    Link self = one.asLink();
    return one.resources().stream()
        .filter(
            link -> filters.stream().allMatch(filter -> link.meets(filter) || self.meets(filter)));
  }
}
