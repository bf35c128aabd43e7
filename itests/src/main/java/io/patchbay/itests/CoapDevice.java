package io.patchbay.itests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * A constrained device: it posts one value after the other, each in one confirmable request that it
 * sends again until it is answered (RFC 7252, clause 4.2), only faster than the standard's timers.
 */
public final class CoapDevice implements AutoCloseable {
  public static final int CHANGED = 2 << 5 | 4;
  public static final int SERVICE_UNAVAILABLE = 5 << 5 | 3;
  private static final int POST = 2;
  private static final int URI_PATH = 11;
  private static final int CONTENT_FORMAT = 12;
  private static final int TOKEN_OCTETS = 4;

  private final DatagramSocket socket;
  private final int port;
  private final byte[] options;
  private final int firstTimeout;
  private int id;

  /**
   * @param path that it posts to
   * @param format Content-Format, 0 to 255
   * @param firstTimeout milliseconds until the first retransmission; it doubles four times
   */
  public CoapDevice(int port, String path, int format, int firstTimeout) throws IOException {
    this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    this.port = port;
    this.firstTimeout = firstTimeout;
    this.options = options(path, format);
    this.id = socket.getLocalPort();
  }

  private static byte[] options(String path, int format) {
    ByteArrayOutputStream options = new ByteArrayOutputStream();
    int before = 0;
    for (String segment : path.split("/")) {
      byte[] octets = segment.getBytes(StandardCharsets.UTF_8);
      if (octets.length > 12) {
        throw new IllegalArgumentException("'" + segment + "' is longer than 12 octets");
      }
      options.write((URI_PATH - before) << 4 | octets.length);
      options.writeBytes(octets);
      before = URI_PATH;
    }
    options.write((CONTENT_FORMAT - before) << 4 | 1);
    options.write(format);
    return options.toByteArray();
  }

  /** The message that comes next. */
  public byte[] next(String payload) {
    id = (id + 1) & 0xFFFF;
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(0x40 | TOKEN_OCTETS);
    message.write(POST);
    message.write(id >> 8);
    message.write(id);
    message.writeBytes(new byte[] {(byte) (id >> 4), (byte) id, 7, 7});
    message.writeBytes(options);
    message.write(0xFF);
    message.writeBytes(payload.getBytes(StandardCharsets.UTF_8));
    return message.toByteArray();
  }

  /** The code of the answer; empty when none came to five transmissions. */
  public OptionalInt post(String payload) throws IOException {
    return ask(next(payload));
  }

  /** Sends a message as it is, again and again until it is answered. */
  public OptionalInt ask(byte[] message) throws IOException {
    int timeout = firstTimeout;
    for (int transmission = 0; transmission < 5; transmission++) {
      socket.send(
          new DatagramPacket(message, message.length, InetAddress.getLoopbackAddress(), port));
      OptionalInt code = answer(message, timeout);
      if (code.isPresent()) {
        return code;
      }
      timeout *= 2;
    }
    return OptionalInt.empty();
  }

  private OptionalInt answer(byte[] message, int millis) throws IOException {
    byte[] octets = new byte[1_500];
    DatagramPacket packet = new DatagramPacket(octets, octets.length);
    long end = System.nanoTime() + millis * 1_000_000L;
    while (true) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return OptionalInt.empty();
      }
      socket.setSoTimeout((int) left);
      try {
        socket.receive(packet);
      } catch (SocketTimeoutException silence) {
        return OptionalInt.empty();
      }
      if (packet.getLength() >= 4 && octets[2] == message[2] && octets[3] == message[3]) {
        return OptionalInt.of(octets[1] & 0xFF);
      }
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
