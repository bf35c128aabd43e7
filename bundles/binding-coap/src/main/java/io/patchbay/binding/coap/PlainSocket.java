package io.patchbay.binding.coap;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.EndpointContextMatcher;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.RawDataChannel;
import org.eclipse.californium.elements.UdpEndpointContext;
import org.eclipse.californium.elements.exception.EndpointMismatchException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP socket: one thread receives, and who answers sends on his own. Californium's hands each
 * answer to a further thread, and writes both addresses down for a log that is off.
 */
final class PlainSocket implements Connector {
  private static final Logger LOG = LoggerFactory.getLogger(PlainSocket.class);
  private static final int BUFFER = 1 << 20;

  /** Octets; one more than this was cut, and is dropped. */
  private static final int LARGEST = 2_048;

  private final InetSocketAddress wanted;
  private final BooleanSupplier full;
  private final Runnable dropped;
  private volatile @Nullable DatagramSocket socket;
  private volatile @Nullable Thread receiver;
  private volatile @Nullable RawDataChannel channel;
  private volatile @Nullable EndpointContextMatcher matcher;
  private volatile InetSocketAddress address;

  /**
   * @param full whether nothing more can be taken: then a datagram is dropped, and comes again
   * @param dropped told of each
   */
  PlainSocket(InetSocketAddress wanted, BooleanSupplier full, Runnable dropped) {
    this.wanted = wanted;
    this.full = full;
    this.dropped = dropped;
    address = wanted;
  }

  @Override
  public synchronized void start() throws IOException {
    if (socket != null) {
      return;
    }
    DatagramSocket made = new DatagramSocket(null);
    try {
      made.setReuseAddress(false);
      made.setReceiveBufferSize(BUFFER);
      made.bind(wanted);
    } catch (IOException e) {
      made.close();
      throw e;
    }
    address = (InetSocketAddress) made.getLocalSocketAddress();
    socket = made;
    Thread thread = new Thread(() -> receive(made), "patchbay-coap-udp-" + address.getPort());
    thread.setDaemon(true);
    receiver = thread;
    thread.start();
  }

  private void receive(DatagramSocket from) {
    byte[] octets = new byte[LARGEST + 1];
    DatagramPacket datagram = new DatagramPacket(octets, octets.length);
    while (!from.isClosed()) {
      try {
        datagram.setLength(octets.length);
        from.receive(datagram);
        processDatagram(datagram);
      } catch (IOException e) {
        // of an ICMP message, or because it is closed
        LOG.debug("{} did not receive", address, e);
      } catch (RuntimeException e) {
        LOG.error("A datagram could not be handled", e);
      }
    }
  }

  @Override
  public void processDatagram(DatagramPacket datagram) {
    RawDataChannel to = channel;
    if (to == null || datagram.getPort() == 0 || datagram.getLength() > LARGEST) {
      return;
    } else if (full.getAsBoolean()) {
      dropped.run();
      return;
    }
    EndpointContext peer =
        new UdpEndpointContext(new InetSocketAddress(datagram.getAddress(), datagram.getPort()));
    byte[] octets = Arrays.copyOf(datagram.getData(), datagram.getLength());
    to.receiveData(RawData.inbound(octets, peer, false, System.nanoTime(), address));
  }

  @Override
  public void send(RawData message) {
    DatagramSocket through = socket;
    if (through == null) {
      message.onError(new InterruptedIOException("the socket is closed"));
      return;
    }
    EndpointContext destination = message.getEndpointContext();
    EndpointContext context = new UdpEndpointContext(destination.getPeerAddress());
    EndpointContextMatcher allowed = matcher;
    if (allowed != null && !allowed.isToBeSent(destination, context)) {
      message.onError(new EndpointMismatchException("UDP sending"));
      return;
    }
    byte[] octets = message.getBytes();
    try {
      message.onContextEstablished(context);
      through.send(new DatagramPacket(octets, octets.length, destination.getPeerAddress()));
      message.onSent();
    } catch (IOException | IllegalArgumentException e) {
      message.onError(e);
    }
  }

  @Override
  public synchronized void stop() {
    DatagramSocket open = socket;
    Thread thread = receiver;
    socket = null;
    receiver = null;
    if (open != null) {
      open.close();
    }
    if (thread != null && thread != Thread.currentThread()) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void destroy() {
    stop();
    channel = null;
  }

  @Override
  public void setRawDataReceiver(RawDataChannel messages) {
    channel = messages;
  }

  @Override
  public void setEndpointContextMatcher(EndpointContextMatcher endpointContextMatcher) {
    matcher = endpointContextMatcher;
  }

  @Override
  public InetSocketAddress getAddress() {
    return address;
  }

  @Override
  public String getProtocol() {
    return "UDP";
  }

  @Override
  public boolean isRunning() {
    return socket != null;
  }

  @Override
  public String toString() {
    return getProtocol() + "-" + address;
  }
}
