package io.patchbay.itests.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A small MQTT 5 client that costs next to nothing, so that the machine is left to what is
 * measured: QoS 1 both ways, no keep-alive, writes coalesced until {@link #flush}.
 */
public final class MqttPeer implements AutoCloseable {
  private static final int CONNECT = 0x10;
  private static final int CONNACK = 0x20;
  private static final int PUBLISH = 0x30;
  private static final int PUBACK = 0x40;
  private static final int SUBSCRIBE = 0x82;
  private static final int SUBACK = 0x90;
  private static final int DISCONNECT = 0xE0;
  private static final int RECEIVE_MAXIMUM = 0x21;
  private static final int SESSION_EXPIRY = 0x11;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final Receiver receiver;
  private final IntConsumer acknowledged;
  private final Thread reader;
  private int nextId = 1;
  private volatile boolean closed;

  /** Takes what comes, on the reader's thread. */
  @FunctionalInterface
  public interface Receiver {
    void received(String topic, byte[] payload);
  }

  private MqttPeer(
      Socket socket,
      DataInputStream in,
      OutputStream out,
      String name,
      Receiver receiver,
      IntConsumer acknowledged) {
    this.socket = socket;
    this.in = in;
    this.out = out;
    this.receiver = receiver;
    this.acknowledged = acknowledged;
    reader = new Thread(this::read, "mqtt-" + name);
    reader.setDaemon(true);
  }

  /**
   * Connects to a broker on loopback.
   *
   * @param login user and password, or nothing
   * @param keep seconds that the broker keeps the session; 0 begins and ends with an empty one
   * @param acknowledged told the packet id of each acknowledged publication
   */
  public static MqttPeer connect(
      int port,
      String name,
      List<String> login,
      int keep,
      Receiver receiver,
      IntConsumer acknowledged)
      throws IOException {
    return connect(port, name, login, keep, receiver, acknowledged, new Socket());
  }

  /**
   * As above, over a socket that the caller has set up.
   *
   * @param socket not connected yet
   */
  public static MqttPeer connect(
      int port,
      String name,
      List<String> login,
      int keep,
      Receiver receiver,
      IntConsumer acknowledged,
      Socket socket)
      throws IOException {
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(20_000);
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
    MqttPeer peer = new MqttPeer(socket, in, out, name, receiver, acknowledged);
    try {
      peer.hello(name, login, keep);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    socket.setSoTimeout(0);
    peer.reader.start();
    return peer;
  }

  /** MQTT 5.0, clause 3.1. */
  private void hello(String name, List<String> login, int keep) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(5);
    body.write((keep == 0 ? 2 : 0) | (login.isEmpty() ? 0 : 0xC0));
    body.write(0);
    body.write(0);
    body.write(8);
    body.write(SESSION_EXPIRY);
    for (int shift = 24; shift >= 0; shift -= 8) {
      body.write(keep >>> shift);
    }
    body.write(RECEIVE_MAXIMUM);
    body.write(0xFF);
    body.write(0xFF);
    text(body, name);
    for (String word : login) {
      text(body, word);
    }
    packet(CONNECT, body.toByteArray());
    flush();
    int type = in.readUnsignedByte();
    byte[] answer = in.readNBytes(length());
    if (type != CONNACK || answer.length < 2 || answer[1] != 0) {
      throw new IOException(
          "the broker refused the connection: "
              + (answer.length < 2 ? "packet " + type : "reason " + (answer[1] & 0xFF)));
    }
  }

  /** Subscribes with QoS 1; messages come from then on (MQTT 5.0, clause 3.8). */
  public void subscribe(String filter) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int id = id();
    body.write(id >>> 8);
    body.write(id);
    body.write(0);
    text(body, filter);
    body.write(1);
    packet(SUBSCRIBE, body.toByteArray());
    flush();
  }

  /** Publishes with QoS 1; goes out at the latest with the next {@link #flush}. */
  public synchronized int publish(String topic, byte[] payload) throws IOException {
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    int id = id();
    out.write(PUBLISH | 2);
    length(2 + name.length + 2 + 1 + payload.length);
    out.write(name.length >>> 8);
    out.write(name.length);
    out.write(name);
    out.write(id >>> 8);
    out.write(id);
    out.write(0);
    out.write(payload);
    return id;
  }

  public synchronized void flush() throws IOException {
    out.flush();
  }

  /** Whether the connection stands. */
  public boolean open() {
    return reader.isAlive() && !closed;
  }

  private synchronized int id() {
    int id = nextId;
    nextId = nextId == 0xFFFF ? 1 : nextId + 1;
    return id;
  }

  private void read() {
    try {
      while (true) {
        int type = in.readUnsignedByte();
        int length = length();
        switch (type & 0xF0) {
          case PUBLISH -> publication(type, length);
          case PUBACK -> {
            int id = in.readUnsignedShort();
            in.skipNBytes(length - 2);
            acknowledged.accept(id);
          }
          case SUBACK & 0xF0 -> subscribed(in.readNBytes(length));
          case DISCONNECT -> throw new EOFException("the broker disconnected");
          default -> in.skipNBytes(length);
        }
        if (in.available() == 0) {
          flush();
        }
      }
    } catch (IOException e) {
      if (!closed) {
        closed = true;
      }
    }
  }

  private static void subscribed(byte[] answer) {
    if ((answer[answer.length - 1] & 0x80) != 0) {
      throw new IllegalStateException(
          "the broker refused the subscription: reason " + (answer[answer.length - 1] & 0xFF));
    }
  }

  private void publication(int type, int length) throws IOException {
    int nameLength = in.readUnsignedShort();
    String topic = new String(in.readNBytes(nameLength), StandardCharsets.UTF_8);
    int rest = length - 2 - nameLength;
    int id = 0;
    if ((type & 6) != 0) {
      id = in.readUnsignedShort();
      rest -= 2;
    }
    int properties = in.readUnsignedByte();
    rest -= 1;
    if (properties > 0x7F) {
      int more = in.readUnsignedByte();
      properties = (properties & 0x7F) | more << 7;
      rest -= 1;
    }
    in.skipNBytes(properties);
    receiver.received(topic, in.readNBytes(rest - properties));
    if (id != 0) {
      synchronized (this) {
        out.write(PUBACK);
        out.write(2);
        out.write(id >>> 8);
        out.write(id);
      }
    }
  }

  private synchronized void packet(int type, byte[] body) throws IOException {
    out.write(type);
    length(body.length);
    out.write(body);
  }

  /** MQTT 5.0, clause 1.5.5. */
  private void length(int value) throws IOException {
    int rest = value;
    while (rest > 0x7F) {
      out.write((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private int length() throws IOException {
    int value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      int next = in.readUnsignedByte();
      value |= (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new IOException("a packet longer than MQTT allows");
  }

  private static void text(ByteArrayOutputStream body, String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    body.write(octets.length >>> 8);
    body.write(octets.length);
    body.writeBytes(octets);
  }

  /** Disconnects in order when it still can. */
  @Override
  public void close() {
    boolean standing = !closed;
    closed = true;
    try (socket) {
      if (standing) {
        packet(DISCONNECT, new byte[0]);
        flush();
      }
    } catch (IOException e) {
      if (standing && socket.isConnected() && !socket.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
