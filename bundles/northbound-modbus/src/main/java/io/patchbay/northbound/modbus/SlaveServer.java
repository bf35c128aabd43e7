package io.patchbay.northbound.modbus;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for masters (MODBUS Messaging on TCP/IP V1.0b). Each connection has a thread, which
 * answers one request after the other; one more than {@code most} is closed at once.
 */
final class SlaveServer implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SlaveServer.class);
  private static final int HEADER = 7;
  private static final int LONGEST_PDU = 253;
  private static final Duration IDLE = Duration.ofMinutes(10);

  private final ServerSocket server = new ServerSocket();
  private final Supplier<RegisterMap> map;
  private final Slave slave;
  private final int most;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final AtomicInteger number = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @param map asked for every request, so that a new one holds at once
   * @param most connections
   * @throws IOException when the address cannot be listened on
   */
  SlaveServer(InetSocketAddress address, Supplier<RegisterMap> map, Slave slave, int most)
      throws IOException {
    this.map = map;
    this.slave = slave;
    this.most = most;
    server.setReuseAddress(true);
    try {
      server.bind(address);
    } catch (IOException taken) {
      server.close();
      throw taken;
    }
    start("patchbay-modbus-slave", this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  int connections() {
    return open.size();
  }

  private void start(String name, Runnable task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } finally {
                threads.remove(Thread.currentThread());
              }
            },
            name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = server.accept();
        if (open.size() >= most) {
          LOG.warn(
              "A master at {} is turned away: {} are connected already",
              socket.getInetAddress().getHostAddress(),
              most);
          socket.close();
          continue;
        }
        open.add(socket);
        start("patchbay-modbus-slave-" + number.incrementAndGet(), () -> serve(socket));
        if (closed) {
          socket.close(); // the list of what is open was gone through already
        }
      } catch (IOException e) {
        if (!closed) {
          LOG.warn("No connection of a master could be taken: {}", e.getMessage());
        }
      }
    }
  }

  private void serve(Socket socket) {
    InetAddress peer = socket.getInetAddress();
    try (socket) {
      converse(socket, "modbus master " + peer.getHostAddress());
    } catch (EOFException | SocketTimeoutException gone) {
      LOG.debug("{} has gone", peer);
    } catch (IOException e) {
      LOG.debug("{} has gone: {}", peer, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException bug) {
      LOG.error("A request of {} failed", peer, bug);
    }
  }

  /** Who sees that the hub has closed finds room again. */
  private void converse(Socket socket, String by) throws IOException, InterruptedException {
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) IDLE.toMillis());
      DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      while (!closed) {
        int transaction = in.readUnsignedShort();
        int protocol = in.readUnsignedShort();
        int length = in.readUnsignedShort() - 1;
        int unit = in.readUnsignedByte();
        if (protocol != 0 || length < 1 || length > LONGEST_PDU) {
          LOG.warn("What {} says is no Modbus TCP; it is disconnected", by);
          return;
        }
        byte[] pdu = new byte[length];
        in.readFully(pdu);
        byte[] answer = slave.answer(map.get(), unit, pdu, by);
        ByteBuffer frame = ByteBuffer.allocate(HEADER + answer.length);
        frame.putShort((short) transaction).putShort((short) 0);
        frame.putShort((short) (1 + answer.length)).put((byte) unit).put(answer);
        socket.getOutputStream().write(frame.array());
      }
    } finally {
      open.remove(socket);
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      LOG.debug("A socket did not close cleanly: {}", e.getMessage());
    }
    for (Thread thread : threads) {
      thread.interrupt();
    }
    try {
      for (Thread thread : threads) {
        thread.join(1_000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
