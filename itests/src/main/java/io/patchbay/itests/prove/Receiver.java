package io.patchbay.itests.prove;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** An enterprise system that takes readings over HTTP: away, slow or failing as one likes. */
final class Receiver implements AutoCloseable {
  private final int port;
  private final List<BitSet> seen = new ArrayList<>();
  private final long[] last;
  private final AtomicLong requests = new AtomicLong();
  private long repeated;
  private long outOfOrder;
  private volatile long slowMillis;
  private volatile int failEvery;
  private @Nullable HttpServer server;
  private @Nullable ExecutorService threads;

  Receiver(Fleet fleet) throws IOException {
    for (int i = 0; i < fleet.size(); i++) {
      seen.add(new BitSet());
    }
    last = new long[fleet.size()];
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    comeBack();
  }

  /**
   * A durable route to it.
   *
   * @param selection more parameters of {@code hub:readings}
   */
  String route(String selection) {
    return """
    - route:
        id: prove-http
        from:
          uri: hub:readings?subscription=prove-http&inFlight=16&redeliveryDelay=200ms&maxRedeliveryDelay=1s%s
          steps:
            - removeHeaders: { pattern: "Hub*" }
            - convertBodyTo: { type: "byte[]" }
            - to: "netty-http:http://127.0.0.1:%d/readings?requestTimeout=5000"
    """
        .formatted(selection, port);
  }

  void goAway() {
    if (server != null) {
      server.stop(0);
      server = null;
    }
    if (threads != null) {
      threads.shutdownNow();
    }
  }

  void comeBack() throws IOException {
    HttpServer made =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
    ExecutorService pool = Executors.newFixedThreadPool(16);
    made.setExecutor(pool);
    made.createContext("/readings", this::take);
    made.start();
    server = made;
    threads = pool;
  }

  /**
   * How it behaves from now on.
   *
   * @param millis before each answer
   * @param every of so many requests one is answered with 500; 0 for none
   */
  void behave(long millis, int every) {
    slowMillis = millis;
    failEvery = every;
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(slowMillis));
      int every = failEvery;
      boolean fails = every > 0 && requests.incrementAndGet() % every == 0;
      if (!fails) {
        take(body);
      }
      exchange.sendResponseHeaders(fails ? 500 : 204, -1);
    }
  }

  private synchronized void take(String body) {
    int begin = body.indexOf("\"n\":\"") + 5;
    String[] name = body.substring(begin, body.indexOf('"', begin)).split("/", 2);
    Fleet.Seen one =
        Fleet.seen(
            "patchbay/things/" + name[0] + "/properties/" + name[1],
            body.getBytes(StandardCharsets.UTF_8));
    BitSet counters = seen.get(one.device());
    if (counters.get((int) one.counter())) {
      repeated++;
    } else if (one.counter() < last[one.device()]) {
      outOfOrder++;
    }
    counters.set((int) one.counter());
    last[one.device()] = Math.max(last[one.device()], one.counter());
  }

  synchronized long taken() {
    return seen.stream().mapToLong(BitSet::cardinality).sum();
  }

  synchronized long repeated() {
    return repeated;
  }

  synchronized long outOfOrder() {
    return outOfOrder;
  }

  @Override
  public void close() {
    goAway();
  }
}
