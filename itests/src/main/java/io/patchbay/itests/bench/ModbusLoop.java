package io.patchbay.itests.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.netty.ChannelHandlerFactories;
import org.apache.camel.impl.DefaultCamelContext;

/** Asks, waits for the answer, and only then asks again; on a line as far apart as it must be. */
final class ModbusLoop implements AutoCloseable {
  /** Registers that are asked for, one at a time. */
  static final int POINTS = 10;

  /** From one of them to the next. */
  static final int APART = 200;

  /** MODBUS over Serial Line V1.02, clause 2.5.1.1: above 19,200 baud. */
  private static final long SILENCE_NANOS = 1_750_000;

  /** How it speaks. */
  enum Kind {
    CAMEL,
    SOCKET,
    LINE;

    String words() {
      return this == CAMEL ? "camel-netty" : "a socket";
    }
  }

  /** Sends a frame and gives the answer. */
  private interface Wire extends AutoCloseable {
    byte[] ask(byte[] frame) throws IOException;

    @Override
    void close() throws IOException;
  }

  private final Wire wire;
  private final boolean line;
  private final int units;
  private final Thread thread;
  private volatile boolean going;
  private volatile boolean closed;

  private ModbusLoop(Wire wire, boolean line, int units) {
    this.wire = wire;
    this.line = line;
    this.units = units;
    thread = new Thread(this::run, "modbus-loop");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * @param units asked one after the other, from 1 on
   */
  static ModbusLoop of(Kind kind, int port, int units) throws IOException {
    boolean line = kind == Kind.LINE;
    return new ModbusLoop(kind == Kind.CAMEL ? camel(port) : socket(port, line), line, units);
  }

  private static Wire socket(int port, boolean line) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    OutputStream out = socket.getOutputStream();
    return new Wire() {
      @Override
      public byte[] ask(byte[] frame) throws IOException {
        byte[] answer = new byte[line ? 7 : 11];
        out.write(frame);
        in.readFully(answer);
        return answer;
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  /** Camel's component for TCP, with a request at a time. */
  private static Wire camel(int port) {
    DefaultCamelContext context = new DefaultCamelContext();
    context
        .getRegistry()
        .bind("frames", ChannelHandlerFactories.newLengthFieldBasedFrameDecoder(300, 4, 2, 0, 0));
    context.getRegistry().bind("octets", ChannelHandlerFactories.newByteArrayDecoder("tcp"));
    context.getRegistry().bind("wire", ChannelHandlerFactories.newByteArrayEncoder("tcp"));
    context.start();
    ProducerTemplate template = context.createProducerTemplate();
    String uri =
        "netty:tcp://127.0.0.1:"
            + port
            + "?sync=true&producerPoolEnabled=false&decoders=#frames,#octets&encoders=#wire";
    return new Wire() {
      @Override
      public byte[] ask(byte[] frame) {
        return template.requestBody(uri, frame, byte[].class);
      }

      @Override
      public void close() {
        context.stop();
      }
    };
  }

  void go(boolean now) {
    going = now;
    LockSupport.unpark(thread);
  }

  private void run() {
    try {
      for (int number = 0; !closed; ) {
        if (!going) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
          continue;
        }
        int unit = number / POINTS % units + 1;
        int address = number % POINTS * APART;
        if (line) {
          LockSupport.parkNanos(SILENCE_NANOS);
        }
        byte[] answer = wire.ask(line ? rtu(unit, address) : tcp(number, unit, address));
        int at = line ? 3 : 9;
        int word = (answer[at] & 0xFF) << 8 | (answer[at + 1] & 0xFF);
        if (word != ModbusPeer.holds(0, unit, address)) {
          throw new IOException("register " + address + " of unit " + unit + " reads " + word);
        }
        number++;
      }
    } catch (IOException e) {
      if (!closed) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static byte[] tcp(int transaction, int unit, int address) {
    return ByteBuffer.allocate(12)
        .putShort((short) transaction)
        .putShort((short) 0)
        .putShort((short) 6)
        .put((byte) unit)
        .put((byte) 3)
        .putShort((short) address)
        .putShort((short) 1)
        .array();
  }

  private static byte[] rtu(int unit, int address) {
    ByteBuffer frame = ByteBuffer.allocate(8);
    frame.put((byte) unit).put((byte) 3).putShort((short) address).putShort((short) 1);
    int crc = ModbusPeer.crc(frame.array(), 6);
    return frame.put((byte) crc).put((byte) (crc >> 8)).array();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    wire.close();
  }
}
