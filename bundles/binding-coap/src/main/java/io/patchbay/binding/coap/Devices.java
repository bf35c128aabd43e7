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
import java.util.concurrent.Executor;
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
  /** Names that wait to be resolved, and registrations to be written; one more fails. */
  private static final int NAMES = 1_000;

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
  private final Map<Local, CoapEndpoint> open = new ConcurrentHashMap<>();
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
              Thread made = new Thread(task, "patchbay-coap-waits");
              made.setDaemon(true);
              return made;
            });
    names.allowCoreThreadTimeOut(true);
  }

  /** An address of this machine, and whether devices are asked over DTLS from there. */
  private record Local(InetAddress address, boolean secure) {}

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
      InetSocketAddress address = remote.address();
      if (remote.secure() && !endpoints.dtls().reaches(address)) {
        throw new IOException(
            remote.words()
                + ": the hub has nothing to show to it; keep the secret coap-out."
                + address.getHostString().replace(':', '-')
                + " (IDENTITY:KEY), or configure keystore and trust of io.patchbay.binding.coap");
      }
      Local from = new Local(local(address), remote.secure());
      return new Peer(open.computeIfAbsent(from, this::open), address);
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

  private CoapEndpoint open(Local local) {
    try {
      InetSocketAddress from = new InetSocketAddress(local.address(), 0);
      return local.secure()
          ? endpoints.asking(from, new Responses())
          : endpoints.open(from, new Responses());
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
                        if (failure != null && remote.secure()) {
                          endpoints.dtls().close(peer.address());
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

  /** For what waits for a disk or a name server: one thread, and a bound. */
  Executor waiting() {
    return names;
  }

  void close() {
    names.shutdownNow();
    open.values().forEach(CoapEndpoint::destroy);
    open.clear();
  }
}
