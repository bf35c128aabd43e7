package io.patchbay.camel.mqtt;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** Accepts every CONNECT and then sends the octets it is told: what no real broker would do. */
final class ScriptedBroker implements AutoCloseable {
  private final byte[] connack;
  private final ServerSocket server;
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Socket last = new Socket();

  /**
   * @param properties of its CONNACK (MQTT 5.0, clause 3.2.2.3), at most 100 octets
   */
  ScriptedBroker(int... properties) throws IOException {
    connack = new byte[5 + properties.length];
    connack[0] = 0x20;
    connack[1] = (byte) (3 + properties.length);
    connack[4] = (byte) properties.length;
    for (int i = 0; i < properties.length; i++) {
      connack[5 + i] = (byte) properties[i];
    }
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread acceptor = new Thread(this::accept, "scripted-broker");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        DataInputStream in = new DataInputStream(socket.getInputStream());
        in.readByte();
        in.skipNBytes(in.readUnsignedByte());
        last = socket;
        socket.getOutputStream().write(connack);
        connections.incrementAndGet();
      } catch (IOException e) {
        // the next one
      }
    }
  }

  URI uri() {
    return URI.create("tcp://127.0.0.1:" + server.getLocalPort());
  }

  int connections() {
    return connections.get();
  }

  void send(int... octets) throws IOException {
    byte[] packet = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      packet[i] = (byte) octets[i];
    }
    OutputStream out = last.getOutputStream();
    out.write(packet);
    out.flush();
  }

  /**
   * Waits for a packet.
   *
   * @param first its first octet
   * @return what follows its length, which is at most 127 octets
   */
  byte[] read(int first) throws IOException {
    DataInputStream in = new DataInputStream(last.getInputStream());
    while (true) {
      int type = in.readUnsignedByte();
      byte[] packet = in.readNBytes(in.readUnsignedByte());
      if (type == first) {
        return packet;
      }
    }
  }

  void cut() throws IOException {
    last.close();
  }

  @Override
  public void close() throws IOException {
    server.close();
    last.close();
  }
}
