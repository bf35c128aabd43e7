package io.patchbay.binding.modbus;

import io.patchbay.serial.LineAddress;
import io.patchbay.serial.SerialLink;
import io.patchbay.thing.Bytes;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * Units that misbehave as told, over TCP or a serial line. Unless it was written, each register
 * holds a number that says whose it is.
 */
final class FakeUnits implements AutoCloseable {
  /** A request as it came. */
  record Asked(int unit, int function, int address, int count) {}

  final Set<Integer> silent = ConcurrentHashMap.newKeySet();
  final Set<Integer> illegal = ConcurrentHashMap.newKeySet();
  final List<Asked> asked = new CopyOnWriteArrayList<>();
  final List<Integer> taken = new CopyOnWriteArrayList<>();
  private final Map<Integer, Integer> registers = new ConcurrentHashMap<>();
  volatile int most = 125;
  volatile IntFunction<Duration> thinking = number -> Duration.ZERO;
  volatile IntFunction<byte[]> noise = number -> new byte[0];
  private final List<Closeable> open = new CopyOnWriteArrayList<>();
  private volatile boolean closed;
  private int served;

  static int holds(int unit, int address) {
    return (unit * 2_048 + address) & 0xFFFF;
  }

  int register(int unit, int address) {
    return registers.getOrDefault((unit << 16) | address, holds(unit, address));
  }

  void set(int unit, int address, int word) {
    registers.put((unit << 16) | address, word);
  }

  long count(int function) {
    return asked.stream().filter(one -> one.function() == function).count();
  }

  /** Listens; 0 for any port. */
  int listen(int port) throws IOException {
    ServerSocket server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    open.add(server);
    run(
        () -> {
          while (!server.isClosed()) {
            Socket socket = server.accept();
            socket.setTcpNoDelay(true);
            open.add(socket);
            run(() -> serve(socket));
          }
        });
    return server.getLocalPort();
  }

  private void serve(Socket socket) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    OutputStream out = socket.getOutputStream();
    while (!closed) {
      int transaction = in.readUnsignedShort();
      in.readUnsignedShort();
      byte[] pdu = new byte[in.readUnsignedShort() - 1];
      int unit = in.readUnsignedByte();
      in.readFully(pdu);
      byte[] answer = answer(unit, pdu);
      if (answer.length > 0) {
        ByteBuffer frame = ByteBuffer.allocate(7 + answer.length);
        frame.putShort((short) transaction).putShort((short) 0);
        frame.putShort((short) (1 + answer.length)).put((byte) unit).put(answer);
        out.write(frame.array());
      }
    }
  }

  /** Sits on the other end of a line. */
  void sit(String device) {
    SerialLink link = SerialLink.open(LineAddress.of("serial:" + device), (up, why) -> {});
    open.add(link::close);
    run(
        () -> {
          byte[] buffer = new byte[600];
          byte[] came = new byte[0];
          while (!closed) {
            int count;
            try {
              count = link.read(buffer, Duration.ofSeconds(1));
            } catch (IOException e) {
              came = new byte[0];
              LockSupport.parkNanos(20_000_000);
              continue;
            }
            int before = came.length;
            came = Arrays.copyOf(came, before + count);
            System.arraycopy(buffer, 0, came, before, count);
            int size = size(came);
            while (size > 0 && came.length >= size) {
              byte[] pdu = Arrays.copyOfRange(came, 1, size - 2);
              int unit = came[0] & 0xFF;
              came = Arrays.copyOfRange(came, size, came.length);
              byte[] answer = answer(unit, pdu);
              try {
                link.write(noise.apply(served));
                if (answer.length > 0) {
                  link.write(Rtu.frame(unit, Bytes.wrap(answer)));
                }
              } catch (IOException e) {
                came = new byte[0];
              }
              size = size(came);
            }
          }
        });
  }

  private static int size(byte[] came) {
    if (came.length < 8) {
      return -1;
    }
    return switch (came[1]) {
      case 0x0F, 0x10 -> 9 + (came[6] & 0xFF);
      case 0x16 -> 10;
      case 0x17 -> came.length < 11 ? -1 : 13 + (came[10] & 0xFF);
      case 0x2B -> 7;
      default -> 8;
    };
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void run(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                // the other side has gone
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private byte[] answer(int unit, byte[] pdu) {
    ByteBuffer in = ByteBuffer.wrap(pdu);
    int function = in.get() & 0xFF;
    int address = in.getShort() & 0xFFFF;
    int count = in.remaining() >= 2 ? in.getShort() & 0xFFFF : 1;
    asked.add(new Asked(unit, function, address, count));
    int number = served++;
    LockSupport.parkNanos(thinking.apply(number).toNanos());
    if (silent.contains(unit)) {
      return new byte[0];
    }
    boolean several = function != 0x05 && function != 0x06 && function != 0x16;
    for (int i = address; several && i < address + count; i++) {
      if (illegal.contains(i)) {
        return new byte[] {(byte) (function | 0x80), 2};
      }
    }
    if (several && count > most) {
      return new byte[] {(byte) (function | 0x80), 3};
    }
    return switch (function) {
      case 1, 2 -> {
        byte[] bits = new byte[(count + 7) / 8];
        for (int i = 0; i < count; i++) {
          bits[i / 8] |= (byte) ((register(unit, address + i) & 1) << (i % 8));
        }
        yield data(function, bits);
      }
      case 3, 4 -> data(function, words(unit, address, count));
      case 5 -> {
        set(unit, address, count == 0 ? 0 : 1);
        taken.add(count == 0 ? 0 : 1);
        yield pdu;
      }
      case 6 -> {
        if (illegal.contains(address)) {
          yield new byte[] {(byte) 0x86, 2};
        }
        set(unit, address, count);
        taken.add(count);
        yield pdu;
      }
      case 16 -> {
        in.get();
        for (int i = 0; i < count; i++) {
          set(unit, address + i, in.getShort() & 0xFFFF);
        }
        taken.add(register(unit, address));
        yield Arrays.copyOf(pdu, 5);
      }
      case 22 -> {
        int or = in.getShort() & 0xFFFF;
        set(unit, address, (register(unit, address) & count) | (or & ~count & 0xFFFF));
        yield pdu;
      }
      case 23 -> {
        int to = in.getShort() & 0xFFFF;
        int words = in.getShort() & 0xFFFF;
        in.get();
        for (int i = 0; i < words; i++) {
          set(unit, to + i, in.getShort() & 0xFFFF);
        }
        yield data(function, words(unit, address, count));
      }
      default -> new byte[] {(byte) (function | 0x80), 1};
    };
  }

  private static byte[] data(int function, byte[] octets) {
    byte[] answer = new byte[2 + octets.length];
    answer[0] = (byte) function;
    answer[1] = (byte) octets.length;
    System.arraycopy(octets, 0, answer, 2, octets.length);
    return answer;
  }

  private byte[] words(int unit, int address, int count) {
    ByteBuffer words = ByteBuffer.allocate(2 * count);
    for (int i = 0; i < count; i++) {
      words.putShort((short) register(unit, address + i));
    }
    return words.array();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    for (Closeable one : open) {
      one.close();
    }
  }
}
