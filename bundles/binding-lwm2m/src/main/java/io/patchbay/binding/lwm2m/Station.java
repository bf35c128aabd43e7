package io.patchbay.binding.lwm2m;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.coap.CoapThread;
import io.patchbay.coap.CountingParser;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.core.server.resources.Resource;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.leshan.core.endpoint.DefaultEndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndpointUri;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.endpoint.EffectiveEndpointUriProvider;
import org.eclipse.leshan.server.endpoint.ServerEndpointToolbox;
import org.eclipse.leshan.server.observation.LwM2mNotificationReceiver;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.request.UplinkDeviceManagementRequestReceiver;
import org.eclipse.leshan.server.security.Authorizer;
import org.eclipse.leshan.servers.security.ServerSecurityInfo;
import org.eclipse.leshan.transport.californium.identity.DefaultCoapIdentityHandler;
import org.eclipse.leshan.transport.californium.identity.IdentityHandlerProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerEndpointFactory;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leshan's server, opened and closed as a whole: once without DTLS, and again with it when there is
 * a first key. Registrations and observations outlive it.
 */
final class Station implements Requests {
  private static final Logger LOG = LoggerFactory.getLogger(Station.class);

  private static final int OUTGOING = 4_096;
  private static final int SOCKET_BUFFER = 1 << 20;
  private static final int BLOCK = 1_024;

  /** Octets of what a device says in blocks; Leshan's 8,192 are few for a list of objects. */
  private static final int LARGEST_BODY = 65_536;

  /** Answers kept for each peer, to be sent again (RFC 7252, clause 4.2). */
  private static final int ANSWERS = 8;

  private final Settings settings;
  private final Registry registry;
  private final Access access;
  private final ModelFiles models;
  private final Acknowledgements acknowledgements;
  private final LongAdder dropped = new LongAdder();
  private final LongAdder malformed = new LongAdder();

  /** Answers that somebody waits for: one to a device, mostly. */
  private final Set<CompletableFuture<?>> awaited = ConcurrentHashMap.newKeySet();

  private @Nullable ProtocolScheduledExecutorService thread;
  private volatile @Nullable LeshanServer server;
  private volatile boolean secure;

  Station(
      Settings settings,
      Registry registry,
      Access access,
      ModelFiles models,
      Acknowledgements acknowledgements) {
    this.acknowledgements = acknowledgements;
    this.settings = settings;
    this.registry = registry;
    this.access = access;
    this.models = models;
  }

  /** Whether it is open, for DTLS too. */
  boolean secure() {
    return secure;
  }

  boolean open() {
    return server != null;
  }

  /**
   * Opens it anew.
   *
   * @param dtls whether devices with a key can come
   * @throws RuntimeException when it cannot listen
   */
  synchronized void open(
      boolean dtls,
      Authorizer authorizer,
      RegistrationListener registrations,
      ObservationListener observations,
      List<Resource> resources)
      throws UnknownHostException {
    close();
    ProtocolScheduledExecutorService made = CoapThread.named("patchbay-lwm2m-coap");
    thread = made;
    CaliforniumServerEndpointsProvider.Builder endpoints =
        new CaliforniumServerEndpointsProvider.Builder(
            new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
    endpoints.setConfiguration(Station::configure);
    EndPointUriHandler real = new DefaultEndPointUriHandler();
    if (settings.port() >= 0) {
      endpoints.addEndpoint(new Plain(uri(real, "coap", settings.port()), real));
    }
    if (dtls) {
      endpoints.addEndpoint(
          new Secured(
              uri(real, "coaps", settings.securePort()),
              access,
              registry,
              acknowledgements,
              malformed::increment));
    }
    Endpoints provider = new Endpoints(endpoints);
    LeshanServer opened =
        new LeshanServerBuilder()
            .setEndpointsProviders(provider)
            .setEndpointUriHandler(new LogicalUris())
            .setRegistrationStore(registry)
            .setSecurityStore(access)
            .setAuthorizer(authorizer)
            .setObjectModelProvider(models)
            .disableQueueModeSupport()
            .build();
    CoapServer coap = provider.getCoapServer();
    coap.setExecutor(made, true);
    for (String name : List.of(SendResource.NAME, Reception.RESOURCE_NAME)) {
      Resource leshans = coap.getRoot().getChild(name);
      if (leshans != null) {
        coap.remove(leshans);
      }
    }
    coap.add(provider.reception(made));
    coap.add(resources.toArray(Resource[]::new));
    opened.getRegistrationService().addListener(registrations);
    opened.getObservationService().addListener(observations);
    server = opened;
    try {
      opened.start();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    secure = dtls;
    LOG.info(
        "LwM2M on {}:{}{}",
        settings.host(),
        port("coap"),
        dtls ? ", over DTLS on " + port("coaps") : "");
  }

  /** Leshan's, which tells what a resource of its kind needs. */
  private static final class Endpoints extends CaliforniumServerEndpointsProvider {
    private @Nullable UplinkDeviceManagementRequestReceiver receiver;
    private @Nullable ServerEndpointToolbox toolbox;

    private Endpoints(Builder builder) {
      super(builder);
    }

    @Override
    public void createEndpoints(
        UplinkDeviceManagementRequestReceiver requests,
        LwM2mNotificationReceiver notifications,
        ServerEndpointToolbox tools,
        ServerSecurityInfo security,
        LeshanServer server) {
      receiver = requests;
      toolbox = tools;
      super.createEndpoints(requests, notifications, tools, security, server);
    }

    private Resource reception(Executor executor) {
      IdentityHandlerProvider identities = new IdentityHandlerProvider();
      for (Endpoint endpoint : getCoapServer().getEndpoints()) {
        boolean secure = endpoint.getUri().getScheme().equals("coaps");
        identities.addIdentityHandler(
            endpoint, secure ? new Peer.Handler() : new DefaultCoapIdentityHandler());
      }
      return new Reception(
          Objects.requireNonNull(receiver),
          Objects.requireNonNull(toolbox).getLinkParser(),
          identities,
          new LogicalUris(),
          executor);
    }
  }

  private EndpointUri uri(EndPointUriHandler handler, String scheme, int port)
      throws UnknownHostException {
    return handler.createUri(
        scheme, new InetSocketAddress(InetAddress.getByName(settings.host()), port));
  }

  /** For every endpoint of the binding. */
  static void configure(Configuration configuration) {
    configuration
        .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, LARGEST_BODY)
        .set(CoapConfig.MAX_MESSAGE_SIZE, BLOCK)
        .set(CoapConfig.PREFERRED_BLOCK_SIZE, BLOCK)
        .set(CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP)
        .set(CoapConfig.PEERS_MARK_AND_SWEEP_MESSAGES, ANSWERS)
        .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_RECEIVER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_SENDER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_CONNECTOR_OUT_CAPACITY, OUTGOING)
        .set(UdpConfig.UDP_RECEIVE_BUFFER_SIZE, SOCKET_BUFFER);
  }

  /** Plain CoAP, which counts what is no message and drops what it cannot handle in time. */
  private final class Plain extends CoapServerEndpointFactory {
    private Plain(EndpointUri uri, EndPointUriHandler handler) {
      super(
          uri,
          "LwM2M",
          null,
          endpoint ->
              endpoint
                  .setDataSerializerAndParser(
                      new UdpDataSerializer(), new CountingParser(malformed::increment))
                  .setCoapStackFactory(acknowledgements),
          handler);
    }

    @Override
    protected CoapEndpoint.Builder createEndpointBuilder(
        InetSocketAddress address,
        Configuration configuration,
        LwM2mNotificationReceiver notifications,
        LeshanServer opened,
        EffectiveEndpointUriProvider uri) {
      return super.createEndpointBuilder(address, configuration, notifications, opened, uri)
          .setObservationStore(new RecentObservations(registry, notifications, uri));
    }

    @Override
    protected Connector createConnector(InetSocketAddress address, Configuration configuration) {
      return CoapThread.socket(
          address, configuration, Objects.requireNonNull(thread), dropped::increment);
    }
  }

  /** Where a protocol is listened for; 0 when it is not. */
  int port(String scheme) {
    LeshanServer open = server;
    if (open != null
        && open.getEndpointsProvider().iterator().next()
            instanceof CaliforniumServerEndpointsProvider provider) {
      for (Endpoint endpoint : provider.getCoapServer().getEndpoints()) {
        if (endpoint instanceof CoapEndpoint coap && coap.getUri().getScheme().equals(scheme)) {
          return coap.getAddress().getPort();
        }
      }
    }
    return 0;
  }

  @Override
  public <T extends LwM2mResponse> CompletionStage<T> send(
      Registration to, DownlinkDeviceManagementRequest<T> request, Duration limit) {
    return send(to, request, limit, canceller -> {});
  }

  @Override
  @SuppressWarnings("CollectionUndefinedEquality") // each is another
  public <T extends LwM2mResponse> CompletionStage<T> send(
      Registration to,
      DownlinkDeviceManagementRequest<T> request,
      Duration limit,
      Consumer<Runnable> canceller) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    awaited.add(answer);
    var unused = answer.whenComplete((response, failure) -> awaited.remove(answer));
    LeshanServer open = server;
    if (open == null) {
      answer.completeExceptionally(new IllegalStateException("LwM2M is not open"));
      return answer;
    }
    try {
      open.send(
          to,
          request,
          lower -> {
            if (lower instanceof Request coap) {
              canceller.accept(coap::cancel);
            }
          },
          Math.max(1, limit.toMillis()),
          answer::complete,
          answer::completeExceptionally);
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  @Override
  public Optional<URI> address(String scheme, String host) {
    int port = port(scheme);
    return host.isEmpty() || port == 0
        ? Optional.empty()
        : Optional.of(
            URI.create(
                scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port));
  }

  @Override
  public void cancel(Observation observation) {
    LeshanServer open = server;
    if (open != null) {
      open.getObservationService().cancelObservation(observation);
    }
  }

  /** Datagrams that were dropped because more came than could be handled. */
  long dropped() {
    return dropped.sum();
  }

  /** Datagrams that are no CoAP messages (RFC 7252, clause 3). */
  long malformed() {
    return malformed.sum();
  }

  synchronized void close() {
    LeshanServer open = server;
    server = null;
    secure = false;
    if (open != null) {
      open.destroy();
    }
    ProtocolScheduledExecutorService executor = thread;
    thread = null;
    if (executor != null) {
      List<Runnable> unused = executor.shutdownNow();
    }
    // with the thread went what would have told of them
    List.copyOf(awaited)
        .forEach(
            answer -> answer.completeExceptionally(new IllegalStateException("LwM2M was closed")));
  }
}
