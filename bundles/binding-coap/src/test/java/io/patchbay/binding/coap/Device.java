package io.patchbay.binding.coap;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapHandler;
import org.eclipse.californium.core.CoapObserveRelation;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.server.resources.Resource;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;

/**
 * A device on Californium: it has resources of its own, and posts to the hub, one request after the
 * other, each again until it is told that it was taken.
 */
final class Device implements AutoCloseable {
  static {
    CoapConfig.register();
    UdpConfig.register();
  }

  final List<Integer> written = new CopyOnWriteArrayList<>();
  private final LinkedBlockingDeque<Integer> unsent = new LinkedBlockingDeque<>();
  private final InetSocketAddress hub;
  private final int port;
  private final Configuration configuration = new Configuration();
  private volatile CoapServer server;
  private volatile CoapEndpoint client;
  private volatile ExecutorService sender;
  volatile String state = "0";
  volatile CoapResource observed;

  Device(int hubPort, int port) throws Exception {
    hub = new InetSocketAddress(InetAddress.getLoopbackAddress(), hubPort);
    this.port = port;
    configuration
        .set(CoapConfig.ACK_TIMEOUT, 200, TimeUnit.MILLISECONDS)
        .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1)
        .set(CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP)
        .set(UdpConfig.UDP_RECEIVER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_SENDER_THREAD_COUNT, 1);
    comeBack();
  }

  String uri(String path) {
    return "coap://127.0.0.1:" + port + "/" + path;
  }

  void goAway() {
    sender.shutdownNow();
    client.destroy();
    server.destroy();
  }

  void comeBack() throws IOException {
    server = new CoapServer(configuration);
    server.addEndpoint(
        CoapEndpoint.builder()
            .setConfiguration(configuration)
            .setInetSocketAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .build());
    observed =
        new CoapResource("state") {
          @Override
          public void handleGET(CoapExchange exchange) {
            exchange.setMaxAge(1);
            exchange.respond(ResponseCode.CONTENT, state, ContentFormats.TEXT);
          }
        };
    observed.setObservable(true);
    server.add(observed, new Echo(), new Taking(), new Forbidden(), new Silent());
    server.start();
    client =
        CoapEndpoint.builder()
            .setConfiguration(configuration)
            .setInetSocketAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build();
    client.start();
    sender = Executors.newSingleThreadExecutor();
    sender.execute(this::sendAll);
  }

  void send(int number) {
    unsent.addLast(number);
  }

  private void sendAll() {
    try {
      while (true) {
        int number = unsent.takeFirst();
        boolean taken = false;
        try {
          taken = taken(number);
        } finally {
          if (!taken) {
            unsent.addFirst(number);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean taken(int number) throws InterruptedException {
    Request request = new Request(Code.POST);
    request.getOptions().setUriPath("tele/dev/value").setContentFormat(ContentFormats.TEXT);
    request.setPayload("" + number);
    Response response = ask(request);
    // a client error says that sending it again changes nothing (RFC 7252, clause 5.9.2)
    return response != null && !response.isServerError();
  }

  /** Null when no answer came. */
  Response ask(Request request) throws InterruptedException {
    request.setDestinationContext(new AddressEndpointContext(hub));
    client.sendRequest(request);
    return request.waitForResponse(5_000);
  }

  /** The same, from the address at which it has its resources. */
  Response askFromItsResources(Request request) throws InterruptedException {
    request.setDestinationContext(new AddressEndpointContext(hub));
    server.getEndpoints().get(0).sendRequest(request);
    return request.waitForResponse(5_000);
  }

  CoapObserveRelation observe(String path, CoapHandler handler) {
    CoapClient observer = new CoapClient("coap://127.0.0.1:" + hub.getPort() + "/" + path);
    observer.setEndpoint(client);
    return observer.observe(handler);
  }

  void changeTo(String next) {
    state = next;
    observed.changed();
  }

  @Override
  public void close() {
    goAway();
  }

  private static final class Echo extends CoapResource {
    private Echo() {
      super("echo");
    }

    @Override
    public Resource getChild(String name) {
      return new CoapResource(name) {
        @Override
        public void handleGET(CoapExchange exchange) {
          exchange.respond(ResponseCode.CONTENT, name, ContentFormats.TEXT);
        }
      };
    }
  }

  private final class Taking extends CoapResource {
    private Taking() {
      super("set");
    }

    @Override
    public void handlePUT(CoapExchange exchange) {
      written.add(Integer.valueOf(exchange.getRequestText()));
      exchange.respond(ResponseCode.CHANGED);
    }
  }

  private static final class Forbidden extends CoapResource {
    private Forbidden() {
      super("forbidden");
    }

    @Override
    public void handlePUT(CoapExchange exchange) {
      exchange.respond(ResponseCode.FORBIDDEN, "not for you");
    }
  }

  private static final class Silent extends CoapResource {
    private Silent() {
      super("silent");
    }

    @Override
    public void handleGET(CoapExchange exchange) {}
  }
}
