package io.patchbay.binding.modbus;

import com.digitalpetri.modbus.MbapHeader;
import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.thing.Outcome.Reason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of Modbus TCP (MODBUS Messaging on TCP/IP V1.0b). It is kept; when it is gone it is
 * made again after 0.1 to 5 s. An answer is told by the transaction it names: one that comes late
 * names none that waits.
 */
final class TcpBus implements Bus {
  private static final Logger LOG = LoggerFactory.getLogger(TcpBus.class);
  private static final int HEADER = 7;
  private static final int LONGEST_PDU = 253;

  /** All that can be on the wire. */
  private static final int MOST_OCTETS = Limits.MOST_IN_FLIGHT * (HEADER + LONGEST_PDU);

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;
  private static final int CONNECT_SECONDS = 5;

  /** After so many requests without an octet in between the connection counts as dead. */
  private static final int SILENT = 6;

  /**
   * @param end by the monotonic clock, when nobody waits for the answer any more
   */
  private record Flying(Waiting.Entry entry, long end) {}

  /**
   * What all connections share: a thread for the wire, one for the time, a pool for the answers.
   */
  record Shared(TcpWire wire, ScheduledExecutorService clock, Executor answers) {}

  private final String host;
  private final int port;
  private final Duration timeout;
  private final Watch watch;
  private final Shared shared;
  private final Waiting waiting = new Waiting();
  private final Map<Integer, Flying> flying = new HashMap<>();
  private final Deque<ByteBuffer> out = new ArrayDeque<>();

  /** What is being written: all that was ready. */
  private final ByteBuffer sending = ByteBuffer.allocateDirect(MOST_OCTETS);

  /** What came and is no whole frame yet; the wire's thread alone. */
  private final ByteBuffer in = ByteBuffer.allocateDirect(MOST_OCTETS);

  private @Nullable SocketChannel channel;
  private boolean up;
  private boolean writing;
  private volatile int generation;

  /** When the clock looks for what is late; 0 while it does not. */
  private long alarm;

  private boolean closed;

  /** Why it is down; empty while nothing has failed yet. */
  private String down = "";

  private int transaction;
  private int silent;
  private long pause = FIRST_PAUSE_MILLIS;

  TcpBus(String host, int port, Duration timeout, Watch watch, Shared shared) {
    this.host = host;
    this.port = port;
    this.timeout = timeout;
    this.watch = watch;
    this.shared = shared;
    shared.answers().execute(this::connect);
  }

  @Override
  public int generation() {
    return generation;
  }

  /** Everything that one answer can hold: a request costs more than what is read over. */
  @Override
  public int usualGap() {
    return Table.HOLDING.most();
  }

  @Override
  public CompletionStage<Reply> send(Job job) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    Optional<Reply> refused = Optional.empty();
    synchronized (this) {
      if (closed || (!up && !down.isEmpty())) {
        refused = Optional.of(unreachable(false));
      } else if (!waiting.add(new Waiting.Entry(job, reply))) {
        refused = Optional.of(Waiting.full());
      } else {
        pump();
      }
    }
    refused.ifPresent(reply::complete);
    return reply;
  }

  private Reply unreachable(boolean asked) {
    String why = closed ? "the connection is closed" : down;
    return new Reply.Lost(Reason.UNREACHABLE, host + ":" + port + ": " + why, asked);
  }

  private void connect() {
    SocketChannel made;
    try {
      made = SocketChannel.open();
      made.configureBlocking(false);
      made.setOption(StandardSocketOptions.TCP_NODELAY, true);
      made.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    } catch (IOException e) {
      gone(null, "no socket: " + e.getMessage());
      return;
    }
    synchronized (this) {
      if (closed) {
        close(made);
        return;
      }
      channel = made;
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      gone(made, "the name is not known");
      return;
    }
    Future<?> alarm =
        shared
            .clock()
            .schedule(() -> gone(made, "no connection in time"), CONNECT_SECONDS, TimeUnit.SECONDS);
    shared.wire().connect(made, address, new Line(made, alarm));
  }

  /** The connection as the wire sees it. */
  private final class Line implements TcpWire.Line {
    private final SocketChannel made;
    private final Future<?> alarm;

    Line(SocketChannel made, Future<?> alarm) {
      this.made = made;
      this.alarm = alarm;
    }

    @Override
    public void connected() {
      alarm.cancel(false);
      in.clear();
      TcpBus.this.connected(made);
    }

    @Override
    public void readable() throws IOException {
      if (made.read(in) < 0) {
        gone(made, "it has closed the connection");
      } else {
        take(made);
      }
    }

    @Override
    public void writable() {
      synchronized (TcpBus.this) {
        if (made == channel) {
          send(made);
        }
      }
    }

    @Override
    public void failed(String why) {
      alarm.cancel(false);
      gone(made, why);
    }
  }

  private void connected(SocketChannel made) {
    synchronized (this) {
      if (made != channel) {
        return;
      }
      up = true;
      generation++;
      down = "";
      silent = 0;
      pause = FIRST_PAUSE_MILLIS;
    }
    watch.changed(true, "");
    synchronized (this) {
      pump();
    }
  }

  /** Sends what may go; the monitor is held. */
  private void pump() {
    SocketChannel present = channel;
    if (!up || present == null) {
      return;
    }
    for (Waiting.Entry first = waiting.first();
        first != null && flying.size() < first.job().inFlight();
        first = waiting.first()) {
      waiting.removeFirst();
      Waiting.Entry entry = first;
      Optional<Reply> barred = Waiting.barred(entry.job());
      if (barred.isPresent()) {
        end(entry, barred.get());
      } else {
        dispatch(entry);
      }
    }
    write(present);
  }

  private void dispatch(Waiting.Entry entry) {
    Job job = entry.job();
    do {
      transaction = (transaction + 1) & 0xFFFF;
    } while (flying.containsKey(transaction));
    int id = transaction;
    ByteBuffer frame = ByteBuffer.allocate(HEADER + job.ask().pdu().length());
    MbapHeader.Serializer.encode(
        new MbapHeader(id, 0, 1 + job.ask().pdu().length(), job.unit()), frame);
    frame.put(job.ask().pdu().shared()).flip();
    out.add(frame);
    // not less when nobody waits any more: a device is not silent because it was asked late
    long end = System.nanoTime() + timeout.toNanos();
    flying.put(id, new Flying(entry, end));
    wake(end);
  }

  /**
   * One alarm for all that is on the wire: it goes off when the first of them could be late, and
   * looks again; mostly it finds that all were answered. The monitor is held.
   */
  private void wake(long end) {
    if (alarm == 0 || end - alarm < 0) {
      alarm = end == 0 ? 1 : end;
      long mine = alarm;
      Future<?> unused =
          shared
              .clock()
              .schedule(
                  () -> look(mine),
                  Math.max(0, end - System.nanoTime()) + 1_000,
                  TimeUnit.NANOSECONDS);
    }
  }

  private void look(long mine) {
    SocketChannel dead = null;
    synchronized (this) {
      if (alarm != mine) {
        return; // another one goes off earlier
      }
      alarm = 0;
      long now = System.nanoTime();
      long next = 0;
      for (Iterator<Flying> all = flying.values().iterator(); all.hasNext(); ) {
        Flying one = all.next();
        if (one.end() - now <= 0) {
          all.remove();
          dead = late(one.entry()) ? channel : dead;
        } else if (next == 0 || one.end() - next < 0) {
          next = one.end();
        }
      }
      if (next != 0) {
        wake(next);
      }
      pump();
    }
    if (dead != null) {
      gone(dead, "it answers nothing");
    }
  }

  private void write(SocketChannel present) {
    if (writing || out.isEmpty()) {
      return;
    }
    writing = true;
    sending.clear();
    for (ByteBuffer next = out.peekFirst();
        next != null && next.remaining() <= sending.remaining();
        next = out.peekFirst()) {
      sending.put(next);
      out.removeFirst();
    }
    sending.flip();
    send(present);
  }

  /** What does not go at once goes when the wire says so. */
  private void send(SocketChannel present) {
    try {
      present.write(sending);
      if (sending.hasRemaining()) {
        shared.wire().wantWritable(present);
      } else {
        writing = false;
        write(present);
      }
    } catch (IOException e) {
      String why = String.valueOf(e.getMessage());
      shared.answers().execute(() -> gone(present, why));
    }
  }

  /** What is no Modbus ends the connection: the stream cannot be read any further. */
  private void take(SocketChannel present) {
    in.flip();
    while (in.remaining() >= HEADER) {
      in.mark();
      MbapHeader header = MbapHeader.Serializer.decode(in);
      int length = header.length() - 1;
      if (header.protocolId() != 0 || length < 1 || length > LONGEST_PDU) {
        gone(present, "what came is no frame of Modbus TCP");
        return;
      } else if (in.remaining() < length) {
        in.reset();
        break;
      }
      byte[] pdu = new byte[length];
      in.get(pdu);
      answered(header, pdu);
    }
    in.compact();
  }

  /** What waits goes on at once, on the wire's thread: the next request loses no time. */
  private void answered(MbapHeader header, byte[] pdu) {
    Flying found;
    synchronized (this) {
      silent = 0;
      found = flying.remove(header.transactionId());
      if (found != null) {
        pump();
      }
    }
    if (found == null) {
      watch.heard(header.unitId());
      LOG.debug("{}:{} answered transaction {} late", host, port, header.transactionId());
      return;
    }
    Job job = found.entry().job();
    Optional<Said> said = header.unitId() == job.unit() ? job.ask().said(pdu) : Optional.empty();
    Reply reply =
        said.<Reply>map(
                one -> new Reply.Answered(one, Instant.now().truncatedTo(ChronoUnit.MILLIS)))
            .orElseGet(
                () ->
                    new Reply.Lost(
                        Reason.BAD_ANSWER,
                        "what unit "
                            + header.unitId()
                            + " said is no answer ("
                            + job.ask().what()
                            + ")",
                        true));
    found.entry().reply().complete(reply);
  }

  /** True when the connection counts as dead by that. The monitor is held. */
  private boolean late(Waiting.Entry entry) {
    Job job = entry.job();
    end(
        entry,
        new Reply.Lost(
            Reason.TIMEOUT,
            "unit " + job.unit() + " did not answer (" + job.ask().what() + ")",
            true));
    return ++silent >= SILENT;
  }

  private void end(Waiting.Entry entry, Reply reply) {
    shared.answers().execute(() -> entry.reply().complete(reply));
  }

  private void gone(@Nullable SocketChannel lost, String why) {
    List<Waiting.Entry> ended = new ArrayList<>();
    long rest;
    synchronized (this) {
      if (closed || lost != channel) {
        return;
      }
      channel = null;
      up = false;
      writing = false;
      out.clear();
      down = why;
      flying.values().forEach(one -> end(one.entry(), unreachable(true)));
      flying.clear();
      ended.addAll(waiting.removeAll());
      ended.forEach(entry -> end(entry, unreachable(false)));
      rest = pause + ThreadLocalRandom.current().nextLong(pause / 2);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
    }
    if (lost != null) {
      close(lost);
      shared.wire().wake();
    }
    watch.changed(false, why);
    Future<?> unused =
        shared
            .clock()
            .schedule(() -> shared.answers().execute(this::connect), rest, TimeUnit.MILLISECONDS);
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // it is closed all the same
    }
  }

  @Override
  public void close() {
    SocketChannel present;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      up = false;
      present = channel;
      flying.values().forEach(one -> end(one.entry(), unreachable(true)));
      flying.clear();
      waiting.removeAll().forEach(entry -> end(entry, unreachable(false)));
    }
    if (present != null) {
      close(present);
      shared.wire().wake();
    }
  }
}
