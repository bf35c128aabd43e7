package io.patchbay.binding.coap;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.californium.core.coap.MessageObserverAdapter;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.server.MessageDeliverer;
import org.eclipse.californium.elements.AddressEndpointContext;

/**
 * Requests to devices. There is one endpoint per address of this machine that devices are reached
 * from, opened when it is needed first: it hears nobody whom that address cannot reach.
 */
final class Devices {
  /** Names that wait to be resolved; one more fails. */
  private static final int NAMES = 100;

  /** Nobody has acknowledged the request, and nobody will. */
  static final class Unanswered extends IOException {
    private static final long serialVersionUID = 1L;

    Unanswered(String message) {
      super(message);
    }
  }

  private static final class Responses implements MessageDeliverer {
    @Override
    public void deliverRequest(Exchange exchange) {
      exchange.sendReject(); // nothing is served here
    }

    @Override
    public void deliverResponse(Exchange exchange, Response response) {
      exchange.getRequest().setResponse(response);
    }
  }

  private final Endpoints endpoints;
  private final Map<InetAddress, CoapEndpoint> open = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor names;

  Devices(Endpoints endpoints) {
    this.endpoints = endpoints;
    names =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(NAMES),
            task -> {
              Thread made = new Thread(task, "patchbay-coap-names");
              made.setDaemon(true);
              return made;
            });
    names.allowCoreThreadTimeOut(true);
  }

  /** A device, with the endpoint that reaches it. */
  record Peer(CoapEndpoint endpoint, InetSocketAddress address) {}

  /** Fails with an IOException when the host is unknown or there is no way to it. */
  CompletionStage<Peer> peer(Remote remote) {
    if (remote.literal()) {
      return CompletableFuture.completedFuture(remote).thenApply(this::find);
    }
    try {
      return CompletableFuture.supplyAsync(() -> find(remote), names);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new IOException("too many names wait to be resolved; use addresses in the things' base"));
    }
  }

  private Peer find(Remote remote) {
    try {
      if (remote.secure()) {
        throw new IOException(
            remote.words() + ": the hub sends no requests over DTLS; the device can post over it");
      }
      InetSocketAddress address = remote.address();
      return new Peer(open.computeIfAbsent(local(address), this::open), address);
    } catch (UnknownHostException e) {
      throw new CompletionException(new IOException("host '" + remote.host() + "' is unknown", e));
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private static InetAddress local(InetSocketAddress address) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(address);
      return socket.getLocalAddress();
    }
  }

  private CoapEndpoint open(InetAddress local) {
    try {
      return endpoints.open(new InetSocketAddress(local, 0), new Responses());
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  /**
   * Sends it; the stage fails with a {@link TimeoutException} when no answer came within the time,
   * with {@link Unanswered} when the device is not there, with another IOException when it could
   * not be sent.
   */
  CompletionStage<Response> ask(Remote remote, Request request, Duration within) {
    return peer(remote)
        .thenCompose(
            peer -> {
              CompletableFuture<Response> answer = new CompletableFuture<>();
              remote.fill(request);
              request.setDestinationContext(
                  new AddressEndpointContext(peer.address(), remote.host(), null));
              request.addMessageObserver(new Waiting(answer, remote));
              peer.endpoint().sendRequest(request);
              return answer
                  .orTimeout(within.toMillis(), TimeUnit.MILLISECONDS)
                  .whenComplete(
                      (response, failure) -> {
                        if (failure != null) {
                          request.cancel();
                        }
                      });
            });
  }

  private static final class Waiting extends MessageObserverAdapter {
    private final CompletableFuture<Response> answer;
    private final Remote remote;

    private Waiting(CompletableFuture<Response> answer, Remote remote) {
      this.answer = answer;
      this.remote = remote;
    }

    @Override
    public void onResponse(Response response) {
      answer.complete(response);
    }

    @Override
    public void onReject() {
      answer.completeExceptionally(
          new IOException(remote.words() + " is no request to that device: it sent a reset"));
    }

    @Override
    public void onTimeout() {
      answer.completeExceptionally(
          new Unanswered(remote.words() + " was sent again and again, nobody answered"));
    }

    @Override
    public void onSendError(Throwable error) {
      answer.completeExceptionally(
          new IOException(remote.words() + " could not be sent: " + error.getMessage(), error));
    }
  }

  void close() {
    names.shutdownNow();
    open.values().forEach(CoapEndpoint::destroy);
    open.clear();
  }
}
