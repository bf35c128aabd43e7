package io.patchbay.binding.coap;

import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Sample;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The endpoint that devices post to: opened when it is known what the profiles listen to. */
final class Door {
  private static final Logger LOG = LoggerFactory.getLogger(Door.class);
  private static final long RETRY_SECONDS = 5;
  private static final long DRAIN_MILLIS = 5_000;
  private static final long LOOK_MILLIS = 5;
  private static final long LOOK_SECONDS = 1;

  private final Supplier<Runnable> announce;
  private final DoorSettings settings;
  private final Endpoints endpoints;
  private final Ingest ingest;
  private final List<Runnable> looks;
  private final AtomicBoolean asked = new AtomicBoolean();
  private volatile @Nullable CoapEndpoint plain;
  private volatile @Nullable CoapEndpoint secure;
  private volatile Runnable withdraw = () -> {};
  private volatile String trouble = "is not open yet: the profiles have not said what they want";
  private volatile String secureTrouble = "";
  private boolean closed;

  /**
   * @param announce says that devices may come, and gives what takes that back
   * @param looks what is done every second while it is open
   */
  Door(
      Supplier<Runnable> announce,
      DoorSettings settings,
      Endpoints endpoints,
      Ingest ingest,
      List<Runnable> looks) {
    this.announce = announce;
    this.settings = settings;
    this.endpoints = endpoints;
    this.ingest = ingest;
    this.looks = List.copyOf(looks);
  }

  /** Opens it, now or as soon as it can be. */
  void open() {
    if (!asked.getAndSet(true)) {
      attempt();
    }
  }

  private synchronized void attempt() {
    if (closed) {
      return;
    }
    try {
      if (settings.port() >= 0) {
        InetSocketAddress address =
            new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port());
        plain = endpoints.open(address, ingest);
        LOG.info("CoAP on {}:{}", settings.host(), port());
      }
      trouble = "";
      var unused =
          endpoints.thread().scheduleWithFixedDelay(this::look, 0, LOOK_SECONDS, TimeUnit.SECONDS);
      withdraw = announce.get();
    } catch (IOException e) {
      trouble =
          "cannot listen on "
              + settings.host()
              + ":"
              + settings.port()
              + " ("
              + e.getMessage()
              + "); correct host and port of io.patchbay.binding.coap. It is tried again";
      LOG.error("CoAP {}", trouble);
      var unused = endpoints.thread().schedule(this::attempt, RETRY_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void look() {
    endpoints.dtls().look();
    looks.forEach(Runnable::run);
    if (settings.securePort() >= 0) {
      secure();
    }
  }

  /** DTLS is opened with the first key or authority: before, nobody could come. */
  private synchronized void secure() {
    if (closed || secure != null || !endpoints.dtls().expected()) {
      return;
    }
    try {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getByName(settings.host()), settings.securePort());
      secure = endpoints.secure(address, ingest);
      secureTrouble = "";
      LOG.info("CoAP over DTLS on {}:{}", settings.host(), securePort());
    } catch (IOException | RuntimeException e) {
      if (secureTrouble.isEmpty()) {
        LOG.error("CoAP over DTLS cannot listen", e);
      }
      secureTrouble =
          "cannot listen on "
              + settings.host()
              + ":"
              + settings.securePort()
              + " ("
              + e.getMessage()
              + "); correct host and securePort of io.patchbay.binding.coap";
    }
  }

  /** Port of CoAP over DTLS; 0 while it is not open. */
  int securePort() {
    CoapEndpoint endpoint = secure;
    return endpoint == null ? 0 : endpoint.getAddress().getPort();
  }

  int port() {
    CoapEndpoint endpoint = plain;
    return endpoint == null ? 0 : endpoint.getAddress().getPort();
  }

  List<Check> checks() {
    if (!trouble.isEmpty()) {
      return List.of(new Check("coap", asked.get() ? State.CRITICAL : State.WARN, trouble));
    }
    String where =
        plain == null ? "no port is configured" : "listens on " + settings.host() + ":" + port();
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("coap", State.OK, where));
    if (!secureTrouble.isEmpty()) {
      checks.add(new Check("coaps", State.CRITICAL, secureTrouble));
    } else if (!endpoints.dtls().trouble().isEmpty()) {
      checks.add(new Check("coaps", State.WARN, endpoints.dtls().trouble()));
    } else if (secure != null) {
      checks.add(
          new Check("coaps", State.OK, "DTLS listens on " + settings.host() + ":" + securePort()));
    }
    return checks;
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>(ingest.samples());
    samples.addAll(endpoints.dtls().samples());
    samples.add(
        Sample.counter(
            "patchbay_coap_dropped_total",
            "Datagrams that were dropped because more came than could be handled",
            Map.of(),
            (double) endpoints.dropped()));
    samples.add(
        Sample.counter(
            "patchbay_coap_malformed_total",
            "Datagrams that are no CoAP messages",
            Map.of(),
            (double) endpoints.malformed()));
    return samples;
  }

  /** Answers what is on its way to the journal, then closes. A second call does nothing. */
  void close() throws InterruptedException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    withdraw.run();
    ingest.drain();
    if (plain == null && secure == null) {
      return;
    }
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS);
    while (!ingest.drained() && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    // the last answers are queued on the thread, and leave before this does
    try {
      endpoints.thread().submit(() -> {}).get(1, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("CoAP: the last answers may not have left: {}", String.valueOf(e));
    }
    destroy(plain);
    destroy(secure);
  }

  private static void destroy(@Nullable CoapEndpoint endpoint) {
    if (endpoint != null) {
      endpoint.destroy();
    }
  }
}
