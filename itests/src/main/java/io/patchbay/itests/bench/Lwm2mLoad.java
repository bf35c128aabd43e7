package io.patchbay.itests.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Many LwM2M devices on one thread, octet by octet: they register one endpoint after the other, or
 * notify of a temperature, and answer what they are asked.
 */
final class Lwm2mLoad implements AutoCloseable {
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int CREATED = 0x41;
  private static final int CONTENT = 0x45;
  private static final int GET = 1;
  private static final int POST = 2;
  private static final int EMPTY = 0;
  private static final int CONFIRMABLE = 0x40;
  private static final int ACKNOWLEDGEMENT = 0x60;
  private static final int FIRST_ERROR = 0x80;
  private static final int OBSERVE = 6;

  /** Endpoints of a device that register again and again. */
  private static final int KNOWN = 20;

  private static final class Device {
    private final DatagramChannel channel;
    private final int number;
    private byte[] message = {};
    private byte[] token = {};
    private long sentAt;
    private int mid;
    private int endpoints;
    private int known;
    private int observe = 2;

    private Device(DatagramChannel channel, int number) {
      this.channel = channel;
      this.number = number;
    }

    private void send(byte[] octets) throws IOException {
      message = octets;
      sentAt = System.nanoTime();
      int unused = channel.write(ByteBuffer.wrap(octets));
    }

    private byte[] header(int kind, int code, byte[] under) {
      mid = mid + 1 & 0xFFFF;
      byte[] octets = new byte[4 + under.length];
      octets[0] = (byte) (kind | under.length);
      octets[1] = (byte) code;
      octets[2] = (byte) (mid >> 8);
      octets[3] = (byte) mid;
      System.arraycopy(under, 0, octets, 4, under.length);
      return octets;
    }

    /** Registers an endpoint that has never been there. */
    private void register() throws IOException {
      register("bench-" + number + "-" + endpoints++);
    }

    /** Registers one of a few, which has been there. */
    private void registerAgain() throws IOException {
      register("bench-" + number + "-known-" + known++ % KNOWN);
    }

    /** LwM2M 1.1, clause 6.2.1. */
    private void register(String endpoint) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(header(CONFIRMABLE, POST, new byte[0]));
      option(out, 11, "rd"); // Uri-Path
      out.writeBytes(new byte[] {0x11, 40}); // Content-Format: link-format
      option(out, 3, "ep=" + endpoint);
      option(out, 0, "lt=86400");
      option(out, 0, "lwm2m=1.1");
      option(out, 0, "b=U");
      out.write(0xFF);
      out.writeBytes("</3303/0>".getBytes(StandardCharsets.UTF_8));
      send(out.toByteArray());
    }

    private static void option(ByteArrayOutputStream out, int delta, String text) {
      byte[] octets = text.getBytes(StandardCharsets.UTF_8);
      out.write(delta << 4 | Math.min(13, octets.length));
      if (octets.length >= 13) {
        out.write(octets.length - 13);
      }
      out.writeBytes(octets);
    }

    private void notifies() throws IOException {
      observe++;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(header(CONFIRMABLE, CONTENT, token));
      content(out, observe);
      send(out.toByteArray());
    }

    /** In TLV, 5700 of 8 octets (LwM2M 1.1, clause 7.4.3). */
    private void content(ByteArrayOutputStream out, int sequence) {
      if (sequence > 0) {
        out.writeBytes(
            new byte[] {
              (byte) (OBSERVE << 4 | 3),
              (byte) (sequence >> 16),
              (byte) (sequence >> 8),
              (byte) sequence
            });
      }
      out.write((sequence > 0 ? 6 : 12) << 4 | 2);
      out.writeBytes(new byte[] {0x2D, 0x16, (byte) 0xFF, (byte) 0xE8, 0x16, 0x44, 0x08});
      out.writeBytes(ByteBuffer.allocate(Double.BYTES).putDouble(observe % 400 / 10.0).array());
    }

    /** What it is asked: its instance, or to observe the value. */
    private void answer(ByteBuffer request) throws IOException {
      int length = request.get(0) & 0x0F;
      byte[] under = new byte[length];
      request.get(4, under);
      int first = request.limit() > 4 + length ? (request.get(4 + length) & 0xF0) >> 4 : 0;
      boolean observed = first == OBSERVE;
      if (observed) {
        token = under;
      }
      byte[] head = new byte[4 + length];
      head[0] = (byte) (ACKNOWLEDGEMENT | length);
      head[1] = (byte) CONTENT;
      head[2] = request.get(2);
      head[3] = request.get(3);
      System.arraycopy(under, 0, head, 4, length);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(head);
      content(out, observed ? observe : 0);
      int unused = channel.write(ByteBuffer.wrap(out.toByteArray()));
    }
  }

  private final Selector selector = Selector.open();
  private final Device[] devices;

  /** What was measured: answers in so many seconds. */
  record Result(long answered, double seconds, double p50Ms, double p99Ms) {
    double perSecond() {
      return answered / seconds;
    }
  }

  Lwm2mLoad(int port, int devices) throws IOException {
    this.devices = new Device[devices];
    for (int i = 0; i < devices; i++) {
      DatagramChannel channel = DatagramChannel.open();
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channel.configureBlocking(false);
      this.devices[i] = new Device(channel, i);
      channel.register(selector, SelectionKey.OP_READ, this.devices[i]);
    }
  }

  /**
   * @param most registrations; it ends with them, too
   */
  Result register(double seconds, int most) throws IOException {
    return run(Errand.REGISTER, seconds, most);
  }

  /** A few endpoints register again and again: as many are registered afterwards as before. */
  Result registerAgain(double seconds) throws IOException {
    return run(Errand.REGISTER_AGAIN, seconds, Integer.MAX_VALUE);
  }

  /** Each device registers once, and is observed. */
  void arrive(double seconds) throws IOException, TimeoutException {
    Result registered = register(seconds, devices.length);
    long until = System.nanoTime() + (long) (seconds * 1e9);
    while (!Arrays.stream(devices).allMatch(device -> device.token.length > 0)) {
      if (System.nanoTime() > until) {
        throw new TimeoutException(registered.answered() + " registered, not all are observed");
      }
      Result unused = run(Errand.ANSWER, 0.1, Integer.MAX_VALUE);
    }
  }

  /** Each device that is observed notifies, and again when that was acknowledged. */
  Result notify(double seconds) throws IOException {
    return run(Errand.NOTIFY, seconds, Integer.MAX_VALUE);
  }

  /** What devices do by themselves; all answer. */
  private enum Errand {
    REGISTER(CREATED),
    REGISTER_AGAIN(CREATED),
    NOTIFY(EMPTY),
    ANSWER(EMPTY);

    private final int done;

    Errand(int done) {
      this.done = done;
    }
  }

  private static void next(Device device, Errand errand) throws IOException {
    if (errand == Errand.REGISTER) {
      device.register();
    } else if (errand == Errand.REGISTER_AGAIN) {
      device.registerAgain();
    } else if (errand == Errand.NOTIFY && device.token.length > 0) {
      device.notifies();
    } else {
      device.message = new byte[0]; // nothing is sent again
    }
  }

  private Result run(Errand errand, double seconds, int most) throws IOException {
    long[] took = new long[1_000_000];
    int answered = 0;
    int started = 0;
    long begun = System.nanoTime();
    long end = begun + (long) (seconds * 1e9);
    for (Device device : devices) {
      next(device, started++ < most ? errand : Errand.ANSWER);
    }
    long looked = begun;
    long now = begun;
    ByteBuffer buffer = ByteBuffer.allocate(1_500);
    while (now < end && answered < most && answered < took.length) {
      int unused = selector.select(50);
      now = System.nanoTime();
      for (SelectionKey key : selector.selectedKeys()) {
        Device device = (Device) key.attachment();
        buffer.clear();
        while (device.channel.read(buffer) > 0) {
          buffer.flip();
          int code = buffer.get(1) & 0xFF;
          boolean mine =
              device.message.length > 3
                  && buffer.get(2) == device.message[2]
                  && buffer.get(3) == device.message[3]
                  && (buffer.get(0) & 0x30) == 0x20;
          if (code == GET) {
            device.answer(buffer);
          } else if (mine && code == errand.done) {
            took[answered++] = now - device.sentAt;
            next(device, started++ < most ? errand : Errand.ANSWER);
          } else if (mine && code >= FIRST_ERROR) {
            throw new IOException("refused with " + (code >> 5) + ".%02d".formatted(code & 0x1F));
          }
          buffer.clear();
        }
      }
      selector.selectedKeys().clear();
      if (now - looked > AGAIN_NANOS / 4) {
        looked = now;
        for (Device device : devices) {
          if (now - device.sentAt > AGAIN_NANOS && device.message.length > 0) {
            device.send(device.message);
          }
        }
      }
    }
    double lasted = (System.nanoTime() - begun) / 1e9;
    long[] sorted = Arrays.copyOf(took, answered);
    Arrays.sort(sorted);
    return new Result(
        answered,
        lasted,
        answered == 0 ? 0 : sorted[answered / 2] / 1e6,
        answered == 0 ? 0 : sorted[(int) (answered * 0.99)] / 1e6);
  }

  @Override
  public void close() throws IOException {
    for (Device device : devices) {
      device.channel.close();
    }
    selector.close();
  }
}
