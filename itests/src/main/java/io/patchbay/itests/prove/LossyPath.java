package io.patchbay.itests.prove;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * A path for datagrams that loses some, brings some twice, and some late: as a network in trouble
 * does, both ways, the same in every run.
 */
final class LossyPath implements AutoCloseable {
  private static final int PERCENT = 20;
  private static final int LATEST_MILLIS = 60;

  final LongAdder lost = new LongAdder();
  final LongAdder doubled = new LongAdder();
  private final DatagramSocket front;
  private final InetSocketAddress far;
  private final Random random = new Random(7);
  private final Map<SocketAddress, DatagramSocket> backs = new ConcurrentHashMap<>();
  private final ScheduledExecutorService late = Executors.newSingleThreadScheduledExecutor();

  LossyPath(int port) throws IOException {
    far = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    front = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    thread("lossy-front", () -> forwards());
  }

  int port() {
    return front.getLocalPort();
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private static void thread(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException closed) {
                // the end
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  private void forwards() throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
    while (true) {
      front.receive(packet);
      SocketAddress device = packet.getSocketAddress();
      DatagramSocket back = backs.get(device);
      if (back == null) {
        back = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        backs.put(device, back);
        DatagramSocket made = back;
        thread("lossy-back", () -> backwards(made, device));
      }
      pass(packet, back, far);
    }
  }

  private void backwards(DatagramSocket back, SocketAddress device) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2_048], 2_048);
    while (true) {
      back.receive(packet);
      pass(packet, front, device);
    }
  }

  private void pass(DatagramPacket packet, DatagramSocket through, SocketAddress to) {
    byte[] octets = Arrays.copyOf(packet.getData(), packet.getLength());
    boolean loses;
    boolean doubles;
    int first;
    int second;
    synchronized (random) {
      loses = random.nextInt(100) < PERCENT;
      doubles = random.nextInt(100) < PERCENT;
      first = random.nextInt(100) < PERCENT ? random.nextInt(LATEST_MILLIS) : 0;
      second = random.nextInt(LATEST_MILLIS);
    }
    if (loses) {
      lost.increment();
    } else {
      send(octets, through, to, first);
    }
    if (doubles) {
      doubled.increment();
      send(octets, through, to, second);
    }
  }

  private void send(byte[] octets, DatagramSocket through, SocketAddress to, int millis) {
    Runnable sending =
        () -> {
          try {
            through.send(new DatagramPacket(octets, octets.length, to));
          } catch (IOException gone) {
            lost.increment();
          }
        };
    if (millis == 0) {
      sending.run();
    } else {
      var unused = late.schedule(sending, millis, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    late.shutdownNow();
    front.close();
    backs.values().forEach(DatagramSocket::close);
  }
}
