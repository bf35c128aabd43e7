package io.patchbay.binding.lwm2m;

import io.patchbay.coap.CoapThread;
import io.patchbay.coap.CountingParser;
import io.patchbay.dtls.Shown;
import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Sample;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.leshan.core.request.ContentFormat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where devices come to be given their account with the hub (LwM2M 1.1, clause 6.1.7.1): the
 * endpoint that a key for this has, or one that is listed and has no key yet, is given a key of its
 * own. Open as long as there is somebody who may come. All of it is on one thread.
 */
final class Bootstrap {
  private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);
  private static final String NAME = "bs";

  /** Devices that are told at one time; one more is asked to come again. */
  private static final int AT_ONCE = 256;

  private static final int COME_AGAIN_SECONDS = 10;

  /** Within so long an endpoint begins so often; each time costs the hub six requests. */
  private static final Duration SPAN = Duration.ofSeconds(60);

  private static final int WITHIN_SPAN = 6;

  /** Endpoints whose beginnings are counted; the oldest are forgotten. */
  private static final int COUNTED = 10_000;

  /** From the first request to the last answer. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static final int LONGEST_NAME = 128;

  private record Running(BootstrapExchange exchange, ScheduledFuture<?> limit) {}

  private record Count(long since, int begun) {}

  private final String host;
  private final BootstrapSettings settings;
  private final Access access;
  private final Access registered;
  private final IssuedKeys issued;
  private final ModelFiles models;
  private final Supplier<Optional<URI>> hub;
  private final BiConsumer<String, String> audit;
  private final LongAdder done = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder malformed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private @Nullable CoapServer server;
  private @Nullable ProtocolScheduledExecutorService thread;
  private volatile List<String> places = List.of();
  private volatile String trouble = "";

  /** Whoever closes it ends them, too. */
  private final Map<String, Running> running = new ConcurrentHashMap<>();

  /** On the thread alone. */
  private final Map<String, Count> counts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Count> eldest) {
          return size() > COUNTED;
        }
      };

  /**
   * @param access who may come here
   * @param registered who may register
   * @param hub where devices register over DTLS; empty when nobody has said
   * @param audit told what was done to which endpoint
   */
  Bootstrap(
      String host,
      BootstrapSettings settings,
      Access access,
      Access registered,
      IssuedKeys issued,
      ModelFiles models,
      Supplier<Optional<URI>> hub,
      BiConsumer<String, String> audit) {
    this.host = host;
    this.settings = settings;
    this.access = access;
    this.registered = registered;
    this.issued = issued;
    this.models = models;
    this.hub = hub;
    this.audit = audit;
  }

  /** Whether anybody could come. */
  boolean expected() {
    return plain() || secure();
  }

  private boolean plain() {
    return settings.port() >= 0 && !settings.unsecured().isEmpty();
  }

  private boolean secure() {
    return settings.securePort() >= 0 && access.expected();
  }

  /** To be called every two seconds, by one thread on which nobody else is. */
  void look() {
    var unused = access.look();
    int wanted = (plain() ? 1 : 0) + (secure() ? 1 : 0);
    CoapServer open = server;
    if (wanted == (open == null ? 0 : open.getEndpoints().size())) {
      return;
    }
    close();
    if (wanted > 0) {
      try {
        open();
        trouble = "";
      } catch (IOException | RuntimeException e) {
        close();
        String now =
            "cannot listen on "
                + host
                + " ("
                + e.getMessage()
                + "); correct bootstrapPort and bootstrapSecurePort of io.patchbay.binding.lwm2m."
                + " It is tried again";
        if (!now.equals(trouble)) {
          LOG.error("LwM2M bootstrap {}", now, e);
        }
        trouble = now;
      }
    }
  }

  private void open() throws IOException {
    ProtocolScheduledExecutorService made = CoapThread.named("patchbay-lwm2m-bootstrap");
    thread = made;
    Configuration configuration = new Configuration();
    Station.configure(configuration);
    CoapServer opened = new CoapServer(configuration);
    server = opened;
    opened.setExecutor(made, true);
    opened.add(new Door());
    InetAddress address = InetAddress.getByName(host);
    if (plain()) {
      opened.addEndpoint(
          endpoint(
              configuration,
              CoapThread.socket(
                  new InetSocketAddress(address, settings.port()),
                  configuration,
                  made,
                  dropped::increment)));
    }
    if (secure()) {
      DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(configuration);
      access.configure(
          builder.setAddress(new InetSocketAddress(address, settings.securePort())), at -> null);
      DTLSConnector connector = new DTLSConnector(builder.build());
      access.opened(connector);
      opened.addEndpoint(endpoint(configuration, connector));
    }
    for (Endpoint endpoint : opened.getEndpoints()) {
      endpoint.start(); // Californium's server starts with those that it can
    }
    opened.start();
    places = opened.getEndpoints().stream().map(one -> one.getUri().toString()).toList();
    LOG.info("LwM2M bootstrap on {}", places);
  }

  private CoapEndpoint endpoint(Configuration configuration, Connector connector) {
    return CoapEndpoint.builder()
        .setConfiguration(configuration)
        .setDataSerializerAndParser(
            new UdpDataSerializer(), new CountingParser(malformed::increment))
        .setConnector(connector)
        .build();
  }

  /** Resource of Bootstrap-Request. */
  private final class Door extends CoapResource {
    private Door() {
      super(NAME, false);
    }

    @Override
    public void handlePOST(CoapExchange coap) {
      Request request = coap.advanced().getRequest();
      Endpoint place = coap.advanced().getEndpoint();
      Shown shown = Shown.of(request.getSourceContext().getPeerIdentity()).orElse(null);
      String endpoint = parameter(request, "ep").orElse(shown == null ? "" : shown.identity());
      String why = refusal(endpoint, shown, CoAP.isSecureScheme(place.getUri().getScheme()));
      if (!why.isEmpty()) {
        refuse(coap, ResponseCode.FORBIDDEN, endpoint, why);
        return;
      }
      Optional<ContentFormat> format = format(request);
      if (format.isEmpty()) {
        refuse(
            coap,
            ResponseCode.BAD_REQUEST,
            endpoint,
            "'pct' is none of TLV (11542), SenML JSON (110) and SenML CBOR (112)");
        return;
      }
      URI register = hub.get().orElse(null);
      if (register == null) {
        later(coap, endpoint, "the hub does not know its own address; configure 'address'");
      } else if (tooOften(endpoint)) {
        later(coap, endpoint, "it came " + WITHIN_SPAN + " times within a minute");
      } else if (!running.containsKey(endpoint) && running.size() >= AT_ONCE) {
        later(coap, endpoint, AT_ONCE + " devices are being told already");
      } else {
        begin(coap, endpoint, register, format.get());
      }
    }
  }

  private void begin(CoapExchange coap, String endpoint, URI register, ContentFormat format) {
    IssuedKeys.Key key;
    try {
      key = issued.issue(endpoint); // durable before anybody hears of it
    } catch (IOException | RuntimeException e) {
      later(coap, endpoint, "its key cannot be kept (" + e.getMessage() + ")");
      return;
    }
    audit.accept("lwm2m.bootstrap", endpoint);
    end(endpoint);
    BootstrapExchange exchange =
        new BootstrapExchange(
            coap.advanced().getEndpoint(),
            coap.advanced().getRequest().getSourceContext(),
            format,
            models.model());
    Running entry =
        new Running(
            exchange, executor().schedule(exchange::end, LIMIT.toMillis(), TimeUnit.MILLISECONDS));
    running.put(endpoint, entry);
    coap.respond(ResponseCode.CHANGED);
    var unused =
        exchange
            .give(
                new BootstrapExchange.Account(
                    register.toString(),
                    key.identity(),
                    key.hex(),
                    settings.lifetime().toSeconds(),
                    settings.binding()))
            .whenComplete((ended, failure) -> ended(endpoint, entry, failure));
  }

  private ProtocolScheduledExecutorService executor() {
    ProtocolScheduledExecutorService open = thread;
    if (open == null) {
      throw new IllegalStateException("it is closed");
    }
    return open;
  }

  private void ended(String endpoint, Running entry, @Nullable Throwable failure) {
    entry.limit().cancel(false);
    boolean unused = running.remove(endpoint, entry);
    if (failure == null) {
      done.increment();
      LOG.info("Endpoint '{}' has its account", endpoint);
      return;
    }
    failed.increment();
    Throwable why =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (why instanceof BootstrapExchange.FailedException) {
      LOG.warn("Endpoint '{}' has not got its account: {}", endpoint, why.getMessage());
    } else {
      LOG.error("Endpoint '{}' cannot be given its account", endpoint, why);
    }
  }

  /** The device began anew: what it was told before is over. */
  private void end(String endpoint) {
    Running before = running.remove(endpoint);
    if (before != null) {
      before.exchange().end();
    }
  }

  /** Why it may not come; empty when it may. */
  private String refusal(String endpoint, @Nullable Shown shown, boolean dtls) {
    if (endpoint.isEmpty() || endpoint.length() > LONGEST_NAME) {
      return "'ep' is its name, of 1 to " + LONGEST_NAME + " characters";
    } else if (dtls) {
      return shown != null && Access.permits(shown, endpoint)
          ? ""
          : "its identity '" + shown + "' is not this endpoint's, or counts no more";
    } else if (!settings.unsecured().contains(endpoint)) {
      return "it comes without DTLS and is not listed in 'bootstrapUnsecured'; give it a key (PUT"
          + " /api/v1/secrets/lwm2m-bs-psk."
          + Access.written(endpoint).orElse("NAME")
          + ")";
    }
    return access.hasKey(endpoint) || registered.hasKey(endpoint)
        ? "it comes without DTLS, and has a key; remove that (DELETE /api/v1/secrets/lwm2m-psk."
            + Access.written(endpoint).orElse("NAME")
            + ") for it to be given another"
        : "";
  }

  private boolean tooOften(String endpoint) {
    long now = System.nanoTime();
    Count before = counts.remove(endpoint);
    Count count =
        before == null || now - before.since() > SPAN.toNanos()
            ? new Count(now, 1)
            : new Count(before.since(), before.begun() + 1);
    counts.put(endpoint, count);
    return count.begun() > WITHIN_SPAN;
  }

  /** In which the device wants to be written to (LwM2M 1.1: {@code pct}); TLV when it is silent. */
  private static Optional<ContentFormat> format(Request request) {
    Optional<String> wanted = parameter(request, "pct");
    if (wanted.isEmpty()) {
      return Optional.of(ContentFormat.TLV);
    }
    return List.of(ContentFormat.TLV, ContentFormat.SENML_CBOR, ContentFormat.SENML_JSON).stream()
        .filter(format -> wanted.get().equals(String.valueOf(format.getCode())))
        .findFirst();
  }

  private static Optional<String> parameter(Request request, String name) {
    return request.getOptions().getUriQueryStrings().stream()
        .filter(part -> part.startsWith(name + "="))
        .map(part -> part.substring(name.length() + 1))
        .findFirst();
  }

  private void later(CoapExchange coap, String endpoint, String why) {
    refuse(coap, ResponseCode.SERVICE_UNAVAILABLE, endpoint, why);
  }

  private void refuse(CoapExchange coap, ResponseCode code, String endpoint, String why) {
    refused.increment();
    LOG.warn("Endpoint '{}' is not given an account: {}", endpoint, why);
    Response response = new Response(code);
    response.setPayload(why);
    response.getOptions().setContentFormat(MediaTypeRegistry.TEXT_PLAIN);
    if (code == ResponseCode.SERVICE_UNAVAILABLE) {
      response.getOptions().setMaxAge(COME_AGAIN_SECONDS);
    }
    coap.respond(response);
  }

  /** Port of CoAP, or of CoAP over DTLS; 0 while it is not open. */
  int port(boolean dtls) {
    for (String place : places) {
      URI uri = URI.create(place);
      if (CoAP.isSecureScheme(uri.getScheme()) == dtls) {
        return uri.getPort();
      }
    }
    return 0;
  }

  List<Check> checks() {
    String wrong = trouble;
    if (!wrong.isEmpty()) {
      return List.of(new Check("lwm2m-bootstrap", State.CRITICAL, wrong));
    } else if (places.isEmpty()) {
      return List.of();
    }
    return List.of(
        hub.get().isPresent()
            ? new Check("lwm2m-bootstrap", State.OK, "listens on " + String.join(", ", places))
            : new Check(
                "lwm2m-bootstrap",
                State.WARN,
                "gives nobody an account: the hub does not know where devices reach it over DTLS."
                    + " Say so in 'address' of io.patchbay.binding.lwm2m"));
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>(access.samples());
    samples.add(counter("done", done));
    samples.add(counter("failed", failed));
    samples.add(counter("refused", refused));
    samples.add(
        Sample.counter(
            "patchbay_lwm2m_bootstrap_malformed_total",
            "Datagrams on the ports of bootstrap that are no CoAP messages",
            Map.of(),
            (double) malformed.sum()));
    samples.add(
        Sample.counter(
            "patchbay_lwm2m_bootstrap_dropped_total",
            "Datagrams that were dropped because more came than could be handled",
            Map.of(),
            (double) dropped.sum()));
    return samples;
  }

  private static Sample counter(String result, LongAdder count) {
    return Sample.counter(
        "patchbay_lwm2m_bootstraps_total",
        "Devices that came for their account, by result",
        Map.of("result", result),
        (double) count.sum());
  }

  void close() {
    places = List.of();
    CoapServer open = server;
    server = null;
    if (open != null) {
      open.destroy();
    }
    ProtocolScheduledExecutorService executor = thread;
    thread = null;
    if (executor != null) {
      List<Runnable> unused = executor.shutdownNow();
    }
    running.clear();
  }
}
