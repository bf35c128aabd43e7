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
  private static final byte[] CONNACK = {0x20, 0x03, 0x00, 0x00, 0x00};

  private final ServerSocket server;
  private final AtomicInteger connections = new AtomicInteger();
  private volatile Socket last = new Socket();

  ScriptedBroker() throws IOException {
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
        socket.getOutputStream().write(CONNACK);
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

  void cut() throws IOException {
    last.close();
  }

  @Override
  public void close() throws IOException {
    server.close();
    last.close();
  }
}
