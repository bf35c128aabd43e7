package io.patchbay.itests.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * The load generator as the broker: sends straight to whoever subscribed the fleet's topics, and
 * takes what is published. No more of MQTT 5.0 than that needs; the receive maximum is kept.
 */
final class LoadBroker implements Line {
  private static final int RECEIVE_MAXIMUM = 0x21;

  private final ServerSocket server;
  private final int qos;
  private final MqttPeer.Receiver receiver;
  private final List<Client> clients = new ArrayList<>();
  private volatile Client listener = Client.NOBODY;
  private int covered;

  /**
   * @param qos of what is sent, 0 or 1
   * @param receiver takes what is published, on the thread of the client
   */
  LoadBroker(int qos, MqttPeer.Receiver receiver) throws IOException {
    this.qos = qos;
    this.receiver = receiver;
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    start("accept", this::accept);
  }

  private static void start(String name, Runnable loop) {
    Thread thread = new Thread(loop, "load-broker-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Client client = new Client(server.accept());
        synchronized (clients) {
          clients.add(client);
        }
        start("client", () -> serve(client));
      } catch (IOException e) {
        // the next one, or the end
      }
    }
  }

  /**
   * Waits until the topics of all kinds are subscribed.
   *
   * @param profiles how many filters that takes when each profile subscribes its own
   */
  void awaitListener(int profiles) throws TimeoutException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (covered() < profiles) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("nobody subscribed " + Fleet.FILTER);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private synchronized int covered() {
    return covered;
  }

  private synchronized void subscribed(Client client, String filter) {
    if (filter.equals(Fleet.FILTER)) {
      covered = Integer.MAX_VALUE;
      listener = client;
    } else if (filter.startsWith("bench/")) {
      covered++;
      listener = client;
    }
  }

  @Override
  public void send(String topic, byte[] payload) throws IOException, InterruptedException {
    listener.publish(topic, payload, qos);
  }

  @Override
  public void flush() throws IOException {
    listener.flush();
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (clients) {
      for (Client client : clients) {
        client.socket.close();
      }
    }
  }

  private void serve(Client client) {
    try (Socket socket = client.socket) {
      while (!socket.isClosed()) {
        int first = client.in.readUnsignedByte();
        byte[] body = client.in.readNBytes(client.length());
        take(client, first, body);
        if (client.in.available() == 0) {
          client.flush();
        }
      }
    } catch (EOFException e) {
      // it went
    } catch (IOException e) {
      if (!client.socket.isClosed() && !server.isClosed()) {
        System.err.println("load broker: " + e);
      }
    }
  }

  private void take(Client client, int first, byte[] body) throws IOException {
    switch (first >> 4) {
      case 1 -> client.welcome(body);
      case 3 -> published(client, first >> 1 & 3, body);
      case 4 -> client.window.release();
      case 8 -> {
        int at = 3 + body[2];
        while (at < body.length) {
          int length = number(body, at);
          String filter = new String(body, at + 2, length, StandardCharsets.UTF_8);
          at += 3 + length;
          client.packet(0x90, body[0], body[1], 0, body[at - 1] & 3);
          subscribed(client, filter);
        }
      }
      case 10 -> client.packet(0xB0, body[0], body[1], 0, 0);
      case 12 -> client.packet(0xD0);
      case 14 -> client.socket.close();
      default -> throw new IOException("packet of type " + (first >> 4));
    }
  }

  private void published(Client client, int qosOfIt, byte[] body) throws IOException {
    int length = number(body, 0);
    String topic = new String(body, 2, length, StandardCharsets.UTF_8);
    int at = 2 + length;
    if (qosOfIt > 0) {
      client.packet(0x40, body[at], body[at + 1]);
      at += 2;
    }
    int properties = body[at];
    byte[] payload = new byte[body.length - at - 1 - properties];
    System.arraycopy(body, at + 1 + properties, payload, 0, payload.length);
    receiver.received(topic, payload);
  }

  private static int number(byte[] body, int at) {
    return (body[at] & 0xFF) << 8 | (body[at + 1] & 0xFF);
  }

  /** One that connected. */
  private static final class Client {
    static final Client NOBODY = nobody();

    final Socket socket;
    final DataInputStream in;
    final Semaphore window = new Semaphore(0);
    private final OutputStream out;
    private int nextId = 1;

    Client(Socket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
      out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    }

    private Client() {
      socket = new Socket();
      in = new DataInputStream(DataInputStream.nullInputStream());
      out = OutputStream.nullOutputStream();
    }

    private static Client nobody() {
      return new Client();
    }

    /** MQTT 5.0, clause 1.5.5. */
    int length() throws IOException {
      int value = 0;
      for (int shift = 0; shift < 28; shift += 7) {
        int octet = in.readUnsignedByte();
        value |= (octet & 0x7F) << shift;
        if (octet < 0x80) {
          return value;
        }
      }
      throw new IOException("a packet longer than MQTT allows");
    }

    /** Finds the receive maximum (MQTT 5.0, clause 3.1.2.11.3). */
    void welcome(byte[] body) throws IOException {
      int maximum = 65_535;
      int at = 11;
      int end = at + body[10];
      while (at < end) {
        int property = body[at];
        if (property == RECEIVE_MAXIMUM) {
          maximum = number(body, at + 1);
        }
        at +=
            switch (property) {
              case 0x11, 0x27 -> 5;
              case 0x21, 0x22 -> 3;
              case 0x17, 0x19 -> 2;
              default -> throw new IOException("property " + property + " in CONNECT");
            };
      }
      window.release(maximum);
      packet(0x20, 0, 0, 0);
    }

    synchronized void packet(int first, int... body) throws IOException {
      out.write(first);
      out.write(body.length);
      for (int octet : body) {
        out.write(octet);
      }
    }

    void publish(String topic, byte[] payload, int qos) throws IOException, InterruptedException {
      if (qos > 0 && !window.tryAcquire()) {
        flush();
        window.acquire();
      }
      byte[] name = topic.getBytes(StandardCharsets.US_ASCII);
      synchronized (this) {
        out.write(0x30 | qos << 1);
        int length = 2 + name.length + (qos > 0 ? 2 : 0) + 1 + payload.length;
        while (length > 0x7F) {
          out.write((length & 0x7F) | 0x80);
          length >>>= 7;
        }
        out.write(length);
        out.write(name.length >>> 8);
        out.write(name.length);
        out.write(name);
        if (qos > 0) {
          out.write(nextId >>> 8);
          out.write(nextId);
          nextId = nextId == 0xFFFF ? 1 : nextId + 1;
        }
        out.write(0);
        out.write(payload);
      }
    }

    synchronized void flush() throws IOException {
      out.flush();
    }
  }
}
