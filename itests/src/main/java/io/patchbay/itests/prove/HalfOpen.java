package io.patchbay.itests.prove;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Peers that begin a DTLS 1.2 handshake (RFC 6347, clause 4.2) from an address of their own, say
 * the cookie that they were given, and are silent from then on.
 */
final class HalfOpen {
  private static final int RECORD = 13;
  private static final int HEADER = 12;
  private static final int HELLO_VERIFY_REQUEST = 3;
  private static final int AT_ONCE = 500;
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final InetSocketAddress hub;
  private final Random random = new Random(7);

  HalfOpen(int port) {
    hub = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /**
   * Begins so many.
   *
   * @return how many were asked for a cookie, and said it
   */
  int begin(int count) throws IOException, InterruptedException {
    int verified = 0;
    for (int begun = 0; begun < count; begun += AT_ONCE) {
      verified += some(Math.min(AT_ONCE, count - begun));
    }
    return verified;
  }

  /** Says hello without a cookie, from one address. */
  void hellos(int count) throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      for (int i = 0; i < count; i++) {
        byte[] nonce = new byte[32];
        random.nextBytes(nonce);
        int unused = channel.send(ByteBuffer.wrap(hello(nonce, new byte[0], 0)), hub);
      }
    }
  }

  private int some(int count) throws IOException, InterruptedException {
    List<DatagramChannel> channels = new ArrayList<>();
    List<byte[]> nonces = new ArrayList<>();
    int verified = 0;
    try {
      for (int i = 0; i < count; i++) {
        DatagramChannel channel = DatagramChannel.open();
        channels.add(channel);
        channel.configureBlocking(false);
        channel.connect(hub);
        byte[] nonce = new byte[32];
        random.nextBytes(nonce);
        nonces.add(nonce);
        int unused = channel.write(ByteBuffer.wrap(hello(nonce, new byte[0], 0)));
      }
      boolean[] done = new boolean[count];
      long end = System.nanoTime() + PATIENCE_NANOS;
      ByteBuffer buffer = ByteBuffer.allocate(1_500);
      while (verified < count && System.nanoTime() < end) {
        for (int i = 0; i < count; i++) {
          buffer.clear();
          if (!done[i] && channels.get(i).read(buffer) > RECORD + HEADER) {
            buffer.flip();
            byte[] cookie = cookie(buffer);
            if (cookie.length > 0) {
              done[i] = true;
              verified++;
              int unused = channels.get(i).write(ByteBuffer.wrap(hello(nonces.get(i), cookie, 1)));
            }
          }
        }
        Drain.seconds(0.001);
      }
      return verified;
    } finally {
      for (DatagramChannel channel : channels) {
        channel.close();
      }
    }
  }

  private static byte[] cookie(ByteBuffer answer) {
    if (answer.get(RECORD) != HELLO_VERIFY_REQUEST) {
      return new byte[0];
    }
    int at = RECORD + HEADER + 2; // behind the version
    byte[] cookie = new byte[answer.get(at) & 0xFF];
    answer.get(at + 1, cookie);
    return cookie;
  }

  private static byte[] hello(byte[] nonce, byte[] cookie, int sequence) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(new byte[] {(byte) 0xFE, (byte) 0xFD});
    body.writeBytes(nonce);
    body.write(0); // no session to resume
    body.write(cookie.length);
    body.writeBytes(cookie);
    body.writeBytes(new byte[] {0, 2, (byte) 0xC0, (byte) 0xA8}); // TLS_PSK_WITH_AES_128_CCM_8
    body.writeBytes(new byte[] {1, 0}); // no compression
    int length = body.size();
    return ByteBuffer.allocate(RECORD + HEADER + length)
        .put(new byte[] {22, (byte) 0xFE, (byte) 0xFD, 0, 0, 0, 0, 0, 0, 0, (byte) sequence})
        .putShort((short) (HEADER + length))
        .put(new byte[] {1, 0})
        .putShort((short) length)
        .putShort((short) sequence)
        .put(new byte[] {0, 0, 0, 0})
        .putShort((short) length)
        .put(body.toByteArray())
        .array();
  }
}
