package io.patchbay.binding.coap;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.serialization.MessageHeader;
import org.eclipse.californium.core.network.serialization.UdpDataParser;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.core.server.MessageDeliverer;
import org.eclipse.californium.elements.UDPConnector;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.elements.util.DatagramReader;
import org.eclipse.californium.elements.util.ExecutorsUtil;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;

/** Californium's settings, and the one thread that all endpoints share. */
final class Endpoints {
  /** Datagrams that wait for the thread; one more is dropped, and comes again. */
  private static final int BACKLOG = 4_096;

  private static final int OUTGOING = 4_096;
  private static final int SOCKET_BUFFER = 1 << 20;
  private static final int BLOCK = 1_024;

  /**
   * Answers kept for each peer, to be sent again: a device has one request on its way (RFC 7252,
   * clause 4.7). A retransmission of an older one is known by its delivery.
   */
  private static final int ANSWERS = 8;

  /** Octets of the connection id that lets a device change its address (RFC 9146). */
  private static final int CONNECTION_ID = 6;

  /** DTLS connections; a new one takes the place of the one that was silent longest. */
  private static final int CONNECTIONS = 20_000;

  private final Configuration configuration = known();
  private final ProtocolScheduledExecutorService thread;
  private final LongAdder dropped = new LongAdder();
  private final LongAdder malformed = new LongAdder();

  /**
   * @param maxPayload octets of a request; larger ones are answered with 4.13
   */
  Endpoints(int maxPayload) {
    configuration
        .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, maxPayload)
        .set(CoapConfig.MAX_MESSAGE_SIZE, BLOCK)
        .set(CoapConfig.PREFERRED_BLOCK_SIZE, BLOCK)
        .set(CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP)
        .set(CoapConfig.PEERS_MARK_AND_SWEEP_MESSAGES, ANSWERS)
        .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_RECEIVER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_SENDER_THREAD_COUNT, 1)
        .set(UdpConfig.UDP_CONNECTOR_OUT_CAPACITY, OUTGOING)
        .set(UdpConfig.UDP_RECEIVE_BUFFER_SIZE, SOCKET_BUFFER)
        .set(DtlsConfig.DTLS_ROLE, DtlsRole.SERVER_ONLY)
        .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, CONNECTION_ID)
        .set(DtlsConfig.DTLS_UPDATE_ADDRESS_USING_CID_ON_NEWER_RECORDS, true)
        .set(DtlsConfig.DTLS_USE_HELLO_VERIFY_REQUEST, true)
        .set(DtlsConfig.DTLS_MAX_CONNECTIONS, CONNECTIONS)
        .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
        .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
    thread =
        ExecutorsUtil.newSingleThreadedProtocolExecutor(
            task -> {
              Thread made = new Thread(task, "patchbay-coap");
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Makes them on a thread that nobody else is on: Scandium keeps for good the exceptions of the
   * ciphers that this machine lacks, and with them the classes of everybody on the stack.
   */
  static Endpoints alone(int maxPayload) throws InterruptedException {
    FutureTask<Endpoints> task = new FutureTask<>(() -> new Endpoints(maxPayload));
    Thread alone = new Thread(task, "patchbay-coap-start");
    alone.setDaemon(true);
    alone.start();
    try {
      return task.get();
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

  /** Datagrams that were dropped because more came than could be handled. */
  long dropped() {
    return dropped.sum();
  }

  /** Datagrams that are no CoAP messages (RFC 7252, clause 3). */
  long malformed() {
    return malformed.sum();
  }

  private CoapEndpoint.Builder builder() {
    return CoapEndpoint.builder()
        .setConfiguration(configuration)
        .setDataSerializerAndParser(new UdpDataSerializer(), new CountingParser());
  }

  /** Opens an endpoint for plain CoAP. */
  CoapEndpoint open(InetSocketAddress address, MessageDeliverer deliverer) throws IOException {
    return start(builder().setConnector(new BoundedConnector(address)).build(), deliverer);
  }

  /** Opens an endpoint for CoAP over DTLS 1.2, to those who have a key. */
  CoapEndpoint secure(InetSocketAddress address, PskStore keys, MessageDeliverer deliverer)
      throws IOException {
    DTLSConnector connector =
        new DTLSConnector(
            DtlsConnectorConfig.builder(configuration)
                .setAddress(address)
                .setPskStore(keys)
                .build());
    return start(builder().setConnector(connector).build(), deliverer);
  }

  private CoapEndpoint start(CoapEndpoint endpoint, MessageDeliverer deliverer) throws IOException {
    endpoint.setExecutor(thread);
    endpoint.setMessageDeliverer(deliverer);
    try {
      endpoint.start();
    } catch (IOException e) {
      endpoint.destroy();
      throw e;
    }
    return endpoint;
  }

  private boolean full() {
    return thread instanceof ScheduledThreadPoolExecutor pool && pool.getQueue().size() >= BACKLOG;
  }

  private final class CountingParser extends UdpDataParser {
    @Override
    protected MessageHeader parseHeader(DatagramReader datagram) {
      try {
        return super.parseHeader(datagram);
      } catch (RuntimeException e) {
        malformed.increment();
        throw e;
      }
    }

    @Override
    protected Message parseMessage(DatagramReader datagram, MessageHeader header, Message message) {
      try {
        return super.parseMessage(datagram, header, message);
      } catch (RuntimeException e) {
        malformed.increment();
        throw e;
      }
    }
  }

  private final class BoundedConnector extends UDPConnector {
    private BoundedConnector(InetSocketAddress address) {
      super(address, configuration);
    }

    @Override
    public void processDatagram(DatagramPacket datagram) {
      if (full()) {
        dropped.increment();
      } else {
        super.processDatagram(datagram);
      }
    }
  }

  void close() throws InterruptedException {
    thread.shutdownNow();
    boolean unused = thread.awaitTermination(5, TimeUnit.SECONDS);
  }
}
