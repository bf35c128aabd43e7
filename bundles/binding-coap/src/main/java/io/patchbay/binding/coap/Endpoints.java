package io.patchbay.binding.coap;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.coap.CoapThread;
import io.patchbay.coap.CountingParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.core.server.MessageDeliverer;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.elements.util.NamedThreadFactory;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.californium.scandium.config.DtlsConfig;

/** Californium's settings, and the one thread that all endpoints share. */
final class Endpoints {
  /** Answers that wait for the socket; one more is dropped, and the request comes again. */
  private static final int OUTGOING = 4_096;

  private static final int SOCKET_BUFFER = 1 << 20;
  private static final int BLOCK = 1_024;

  /**
   * Answers kept for each peer, to be sent again: a device has one request on its way (RFC 7252,
   * clause 4.7). A retransmission of an older one is known by its delivery.
   */
  private static final int ANSWERS = 8;

  /** Whether somebody still observes is asked with every tenth notification, and once a minute. */
  private static final int ASKED_EVERY = 10;

  static final int ASKED_SECONDS = 60;

  private final Configuration configuration;
  private final ProtocolScheduledExecutorService thread = CoapThread.named("patchbay-coap");
  private final Dtls dtls;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder malformed = new LongAdder();

  /**
   * @param maxPayload octets of a request; larger ones are answered with 4.13
   * @param secure makes what DTLS needs
   */
  private Endpoints(int maxPayload, Function<Configuration, Dtls> secure) {
    configuration = known();
    configuration
        .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, maxPayload)
        .set(CoapConfig.MAX_MESSAGE_SIZE, BLOCK)
        .set(CoapConfig.PREFERRED_BLOCK_SIZE, BLOCK)
        .set(CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP)
        .set(CoapConfig.PEERS_MARK_AND_SWEEP_MESSAGES, ANSWERS)
        .set(CoapConfig.NOTIFICATION_CHECK_INTERVAL_COUNT, ASKED_EVERY)
        .set(CoapConfig.NOTIFICATION_CHECK_INTERVAL_TIME, ASKED_SECONDS, TimeUnit.SECONDS)
        .set(CoapConfig.MAX_SERVER_OBSERVES, Readings.OBSERVERS)
        .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_RECEIVER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_SENDER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_CONNECTOR_OUT_CAPACITY, OUTGOING)
        .set(UdpConfig.UDP_RECEIVE_BUFFER_SIZE, SOCKET_BUFFER);
    dtls = secure.apply(configuration);
  }

  /**
   * Makes them on a thread that nobody else is on: Scandium keeps for good the exceptions of the
   * ciphers that this machine lacks, and with them the classes of everybody on the stack.
   */
  static Endpoints alone(int maxPayload, Function<Configuration, Dtls> secure)
      throws InterruptedException {
    FutureTask<Endpoints> task = new FutureTask<>(() -> new Endpoints(maxPayload, secure));
    Thread alone = new Thread(task, "patchbay-coap-start");
    alone.setDaemon(true);
    alone.start();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          Endpoints made = task.get();
          if (interrupted) {
            made.close();
            throw new InterruptedException("interrupted while CoAP was set up");
          }
          return made;
        } catch (InterruptedException e) {
          if (interrupted) {
            throw e;
          }
          interrupted = true; // what is made has threads of its own, and is closed first
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("CoAP cannot be set up: " + e.getCause(), e);
    }
  }

  private static Configuration known() {
    CoapConfig.register();
    UdpConfig.register();
    DtlsConfig.register();
    return new Configuration();
  }

  Configuration configuration() {
    return configuration;
  }

  ProtocolScheduledExecutorService thread() {
    return thread;
  }

  /** When notifications of devices that the hub observes are acknowledged. */
  Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  Dtls dtls() {
    return dtls;
  }

  /** Datagrams that were dropped because more came than could be handled. */
  long dropped() {
    return dropped.sum();
  }

  /** Datagrams that are no CoAP messages (RFC 7252, clause 3). */
  long malformed() {
    return malformed.sum();
  }

  /** Opens an endpoint for plain CoAP. */
  CoapEndpoint open(InetSocketAddress address, MessageDeliverer deliverer) throws IOException {
    return start(CoapThread.socket(address, configuration, thread, dropped::increment), deliverer);
  }

  /** Opens an endpoint for CoAP over DTLS, to devices that come. */
  CoapEndpoint secure(InetSocketAddress address, MessageDeliverer deliverer) throws IOException {
    return start(dtls.server(address), deliverer);
  }

  /** Opens an endpoint for CoAP over DTLS, to devices that are asked. */
  CoapEndpoint asking(InetSocketAddress address, MessageDeliverer deliverer) throws IOException {
    return start(dtls.client(address), deliverer);
  }

  private CoapEndpoint start(Connector connector, MessageDeliverer deliverer) throws IOException {
    CoapEndpoint endpoint =
        CoapEndpoint.builder()
            .setConfiguration(configuration)
            .setDataSerializerAndParser(
                new UdpDataSerializer(), new CountingParser(malformed::increment))
            .setCoapStackFactory(acknowledgements)
            .setConnector(connector)
            .build();
    endpoint.setExecutor(thread);
    endpoint.setMessageDeliverer(deliverer);
    try {
      Set<Thread> others = threads();
      endpoint.start();
      for (Thread made : threads()) {
        if (!others.contains(made)) { // Californium calls it as it likes
          made.setName("patchbay-coap-" + made.getName().toLowerCase(Locale.ROOT));
        }
      }
    } catch (IOException e) {
      endpoint.destroy();
      throw e;
    }
    return endpoint;
  }

  /** Threads of sockets and of DTLS, whoever they are of. */
  private static Set<Thread> threads() {
    Set<Thread> all = new HashSet<>();
    for (ThreadGroup group :
        List.of(
            NamedThreadFactory.TRANSPORT_THREAD_GROUP, NamedThreadFactory.SCANDIUM_THREAD_GROUP)) {
      Thread[] found = new Thread[group.activeCount() + 8];
      int count = group.enumerate(found, false);
      all.addAll(Arrays.asList(found).subList(0, count));
    }
    return all;
  }

  void close() throws InterruptedException {
    dtls.close();
    thread.shutdownNow();
    boolean unused = thread.awaitTermination(5, TimeUnit.SECONDS);
  }
}
