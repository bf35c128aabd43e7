package io.patchbay.itests.bench;

import io.patchbay.itests.CoapDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Many devices on one thread; each posts, waits for its 2.04, and posts again. */
final class CoapLoad implements AutoCloseable {
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int MOST = 2_000_000;

  private static final class Device {
    private final DatagramChannel channel;
    private final CoapDevice device;
    private byte[] message = {};
    private long sentAt;
    private long number;

    private Device(DatagramChannel channel, CoapDevice device) {
      this.channel = channel;
      this.device = device;
    }

    private void next() throws IOException {
      number++;
      message =
          device.next("[{\"n\":\"temperature\",\"u\":\"Cel\",\"v\":" + number % 400 / 10.0 + "}]");
      send();
    }

    private void send() throws IOException {
      sentAt = System.nanoTime();
      int unused = channel.write(ByteBuffer.wrap(message));
    }
  }

  private final Selector selector = Selector.open();
  private final Device[] devices;

  /** What was measured: requests that were answered with 2.04, and how long that took. */
  record Result(long answered, double seconds, double p50Ms, double p99Ms, long others) {}

  CoapLoad(int port, int devices) throws IOException {
    this.devices = new Device[devices];
    for (int i = 0; i < devices; i++) {
      DatagramChannel channel = DatagramChannel.open();
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channel.configureBlocking(false);
      this.devices[i] = new Device(channel, new CoapDevice(port, "senml/bench-" + i, 110, 1_000));
      channel.register(selector, SelectionKey.OP_READ, this.devices[i]);
    }
  }

  Result run(double seconds) throws IOException {
    long[] took = new long[MOST];
    int answered = 0;
    long others = 0;
    long begun = System.nanoTime();
    long end = begun + (long) (seconds * 1e9);
    for (Device device : devices) {
      device.next();
    }
    long looked = begun;
    ByteBuffer buffer = ByteBuffer.allocate(1_500);
    long now = begun;
    while (now < end && answered < MOST) {
      int unused = selector.select(50);
      now = System.nanoTime();
      for (SelectionKey key : selector.selectedKeys()) {
        Device device = (Device) key.attachment();
        buffer.clear();
        while (device.channel.read(buffer) > 0) {
          if (buffer.get(2) == device.message[2] && buffer.get(3) == device.message[3]) {
            if ((buffer.get(1) & 0xFF) == CoapDevice.CHANGED) {
              took[answered++] = System.nanoTime() - device.sentAt;
            } else {
              others++;
            }
            device.next();
          }
          buffer.clear();
        }
      }
      selector.selectedKeys().clear();
      if (now - looked > AGAIN_NANOS / 2) {
        looked = now;
        for (Device device : devices) {
          if (now - device.sentAt > AGAIN_NANOS) {
            device.send();
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
        answered == 0 ? 0 : sorted[(int) (answered * 0.99)] / 1e6,
        others);
  }

  @Override
  public void close() throws IOException {
    for (Device device : devices) {
      device.channel.close();
      device.device.close();
    }
    selector.close();
  }
}
