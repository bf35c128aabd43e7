package io.patchbay.binding.coap;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;

/** A router between a device and the hub that may give the device another address. */
final class Relay implements AutoCloseable {
  private final DatagramSocket inside;
  private final InetSocketAddress hub;
  private volatile DatagramSocket outside;
  private volatile InetSocketAddress device = new InetSocketAddress(0);

  Relay(int hubPort) throws IOException {
    hub = new InetSocketAddress(InetAddress.getLoopbackAddress(), hubPort);
    inside = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    outside = open();
    start(this::out);
  }

  int port() {
    return inside.getLocalPort();
  }

  /** From now on the device comes from another port. */
  void rebind() throws IOException {
    DatagramSocket before = outside;
    outside = open();
    before.close();
  }

  private DatagramSocket open() throws IOException {
    DatagramSocket made = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    start(() -> back(made));
    return made;
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private void out() {
    pass(
        inside,
        packet -> {
          device = (InetSocketAddress) packet.getSocketAddress();
          packet.setSocketAddress(hub);
          outside.send(packet);
        });
  }

  private void back(DatagramSocket from) {
    pass(
        from,
        packet -> {
          packet.setSocketAddress(device);
          inside.send(packet);
        });
  }

  private interface Passing {
    void pass(DatagramPacket packet) throws IOException;
  }

  private static void pass(DatagramSocket from, Passing passing) {
    byte[] octets = new byte[2_048];
    while (!from.isClosed()) {
      DatagramPacket packet = new DatagramPacket(octets, octets.length);
      try {
        from.receive(packet);
        byte[] copy = Arrays.copyOf(octets, packet.getLength());
        passing.pass(new DatagramPacket(copy, copy.length, packet.getSocketAddress()));
      } catch (IOException closed) {
        // the loop ends with the socket
      }
    }
  }

  @Override
  public void close() {
    inside.close();
    outside.close();
  }
}
