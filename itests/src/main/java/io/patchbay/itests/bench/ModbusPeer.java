package io.patchbay.itests.bench;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Simulated Modbus devices. Each register holds a number that says whose it is, but {@link
 * #COUNTER}, which counts the answers of its unit that hold it; what is written is kept.
 */
public final class ModbusPeer implements AutoCloseable {
  /** The register that counts. */
  public static final int COUNTER = 49;

  private static final int HEADER = 7;
  private static final int MORE_THAN_A_FRAME = 600;

  /** Told of each request when it has come whole. */
  @FunctionalInterface
  public interface Watch {
    /**
     * @param device in the order of {@link #ports}; 0 on a line
     */
    void asked(int device, int unit, long nanos);
  }

  private final Watch watch;
  private final long thinkingNanos;
  private final List<Integer> ports = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final Map<Integer, AtomicInteger> counters = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> written = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private ModbusPeer(Watch watch, long thinkingNanos) {
    this.watch = watch;
    this.thinkingNanos = thinkingNanos;
  }

  /** What a register holds that nobody has written. */
  public static int holds(int device, int unit, int address) {
    return ((device + unit) * 64 + address) & 0xFFFF;
  }

  /** Devices that speak Modbus TCP, each on a free loopback port of its own, on one thread. */
  public static ModbusPeer tcp(int devices, long thinkingNanos, Watch watch) throws IOException {
    ModbusPeer peer = new ModbusPeer(watch, thinkingNanos);
    Selector selector = Selector.open();
    peer.open.add(selector);
    for (int device = 0; device < devices; device++) {
      ServerSocketChannel server = ServerSocketChannel.open();
      peer.open.add(server);
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      server.configureBlocking(false);
      server.register(selector, SelectionKey.OP_ACCEPT, device);
      peer.ports.add(((InetSocketAddress) server.getLocalAddress()).getPort());
    }
    peer.run("modbus-peer-tcp", () -> peer.serve(selector));
    return peer;
  }

  /**
   * Units on one line, behind a server of serial ports: octets take their time.
   *
   * @param units from 1 on
   * @param dead the last so many of them never answer
   */
  public static ModbusPeer line(int units, int dead, int baud, long thinkingNanos, Watch watch)
      throws IOException {
    ModbusPeer peer = new ModbusPeer(watch, thinkingNanos);
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    peer.open.add(server);
    peer.ports.add(server.getLocalPort());
    peer.run(
        "modbus-peer-line",
        () -> {
          while (!peer.closed) {
            try (Socket socket = server.accept()) {
              socket.setTcpNoDelay(true);
              peer.serveLine(socket, units - dead, 10_000_000_000L / baud);
            } catch (EOFException e) {
              // whoever was there has gone; another may come
            }
          }
        });
    return peer;
  }

  /** By device. */
  public List<Integer> ports() {
    return List.copyOf(ports);
  }

  public int port() {
    return ports.get(0);
  }

  public long answered() {
    return answered.get();
  }

  /** How often the counter of a unit was answered. */
  public int counted(int device, int unit) {
    return counter(device, unit).get();
  }

  private AtomicInteger counter(int device, int unit) {
    return counters.computeIfAbsent(device << 8 | unit, key -> new AtomicInteger());
  }

  private interface Task {
    void run() throws IOException;
  }

  private void run(String name, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                if (!closed) {
                  throw new UncheckedIOException(e);
                }
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  private record Client(int device, ByteBuffer in) {}

  private void serve(Selector selector) throws IOException {
    while (!closed && selector.isOpen()) {
      selector.select();
      if (closed) {
        return;
      }
      for (Iterator<SelectionKey> keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
        SelectionKey key = keys.next();
        keys.remove();
        if (key.isAcceptable()) {
          SocketChannel accepted = ((ServerSocketChannel) key.channel()).accept();
          accepted.configureBlocking(false);
          accepted.socket().setTcpNoDelay(true);
          int device = (Integer) key.attachment();
          accepted.register(
              selector,
              SelectionKey.OP_READ,
              new Client(device, ByteBuffer.allocate(MORE_THAN_A_FRAME)));
        } else {
          read(key);
        }
      }
    }
  }

  private void read(SelectionKey key) throws IOException {
    SocketChannel channel = (SocketChannel) key.channel();
    Client client = (Client) key.attachment();
    ByteBuffer in = client.in();
    try {
      if (channel.read(in) < 0) {
        channel.close();
        return;
      }
    } catch (IOException e) {
      channel.close();
      return;
    }
    in.flip();
    while (in.remaining() > HEADER) {
      int begin = in.position();
      int length = in.getShort(begin + 4) & 0xFFFF;
      if (in.remaining() < 6 + length) {
        break;
      }
      int unit = in.get(begin + 6) & 0xFF;
      byte[] pdu = new byte[length - 1];
      in.position(begin + HEADER);
      in.get(pdu);
      watch.asked(client.device(), unit, System.nanoTime());
      think(0);
      byte[] answer = answer(client.device(), unit, pdu);
      ByteBuffer out = ByteBuffer.allocate(HEADER + answer.length);
      out.putShort(in.getShort(begin)).putShort((short) 0).putShort((short) (answer.length + 1));
      out.put((byte) unit).put(answer).flip();
      while (out.hasRemaining()) {
        channel.write(out);
      }
    }
    in.compact();
  }

  private void think(long more) {
    long end = System.nanoTime() + thinkingNanos + more;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void serveLine(Socket socket, int alive, long nanosPerOctet) throws IOException {
    InputStream plain = socket.getInputStream();
    DataInputStream in = new DataInputStream(plain);
    OutputStream out = socket.getOutputStream();
    while (!closed) {
      // each request that is understood here has eight octets (functions 01 to 06)
      byte[] request = new byte[8];
      in.readFully(request);
      int unit = request[0] & 0xFF;
      watch.asked(0, unit, System.nanoTime());
      if (crc(request, 6) != ((request[6] & 0xFF) | (request[7] & 0xFF) << 8)) {
        throw new IOException("what came is no request");
      } else if (unit > alive) {
        continue;
      }
      byte[] answer = answer(0, unit, java.util.Arrays.copyOfRange(request, 1, 6));
      byte[] frame = new byte[answer.length + 3];
      frame[0] = (byte) unit;
      System.arraycopy(answer, 0, frame, 1, answer.length);
      int crc = crc(frame, frame.length - 2);
      frame[frame.length - 2] = (byte) crc;
      frame[frame.length - 1] = (byte) (crc >> 8);
      think((request.length + frame.length) * nanosPerOctet);
      out.write(frame);
    }
  }

  /** MODBUS over Serial Line V1.02, clause 6.2.2. */
  static int crc(byte[] octets, int count) {
    int crc = 0xFFFF;
    for (int i = 0; i < count; i++) {
      crc ^= octets[i] & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0xA001;
      }
    }
    return crc;
  }

  private byte[] answer(int device, int unit, byte[] pdu) {
    ByteBuffer in = ByteBuffer.wrap(pdu);
    int function = in.get();
    int address = in.getShort() & 0xFFFF;
    int count = in.getShort() & 0xFFFF;
    answered.incrementAndGet();
    if (function == 6) {
      written.put(device << 24 | unit << 16 | address, count);
      return pdu;
    } else if (function != 3) {
      return new byte[] {(byte) (function | 0x80), 1};
    }
    ByteBuffer out = ByteBuffer.allocate(2 + 2 * count);
    out.put((byte) 3).put((byte) (2 * count));
    for (int i = address; i < address + count; i++) {
      Integer word = written.get(device << 24 | unit << 16 | i);
      int holds = word == null ? holds(device, unit, i) : word;
      out.putShort((short) (i == COUNTER ? counter(device, unit).incrementAndGet() : holds));
    }
    return out.array();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    for (AutoCloseable one : open) {
      try {
        one.close();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
