package io.patchbay.binding.modbus;

import io.patchbay.binding.modbus.Ask.Said;
import io.patchbay.serial.LineAddress;
import io.patchbay.serial.SerialLink;
import io.patchbay.thing.Outcome.Reason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A serial line, or one behind a serial server (MODBUS over Serial Line V1.02). Its thread asks,
 * waits for the answer, and only then asks again.
 */
final class SerialBus implements Bus {
  private static final Logger LOG = LoggerFactory.getLogger(SerialBus.class);

  /** Clause 2.5.1.1: frames are this many characters apart, */
  private static final double SILENCE = 3.5;

  /** and above 19,200 baud at least this long. */
  private static final Duration LEAST_SILENCE = Duration.ofNanos(1_750_000);

  /** How long a unit thinks, about; with two frames' overhead it is what one more request costs. */
  private static final Duration THINKING = Duration.ofMillis(8);

  private static final int OVERHEAD = 13;

  /** Unit and CRC, around a PDU. */
  private static final int ENVELOPE = 3;

  private final SerialLink link;
  private final LineAddress address;
  private final Duration timeout;
  private final Duration silence;
  private final Executor answers;
  private final Thread thread;
  private final Watch watch;
  private final AtomicInteger generation = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final Waiting waiting = new Waiting();
  private boolean closed;

  // the line's thread alone
  private final Rtu rtu = new Rtu();
  private final byte[] buffer = new byte[512];
  private long quietSince = System.nanoTime();

  /** Unit of the request that was lost just before; -1 for none. */
  private int missed = -1;

  /**
   * @param timeout how long a unit may take to begin its answer; octets take their time besides
   * @param pause rest between a frame and the next, at least; units that are slow want more
   * @param answers where what waits for an answer goes on
   */
  SerialBus(
      String name,
      LineAddress address,
      Duration timeout,
      Duration pause,
      Watch watch,
      Executor answers) {
    this.address = address;
    this.watch = watch;
    this.timeout = timeout;
    this.answers = answers;
    Duration characters = address.characters(SILENCE);
    Duration least = characters.compareTo(LEAST_SILENCE) > 0 ? characters : LEAST_SILENCE;
    silence = pause.compareTo(least) > 0 ? pause : least;
    link =
        SerialLink.open(
            address,
            (up, why) -> {
              if (up) {
                generation.incrementAndGet();
              }
              watch.changed(up, why);
            });
    thread = new Thread(this::run, "patchbay-modbus-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public int generation() {
    return generation.get();
  }

  @Override
  public int usualGap() {
    double request = address.characters(OVERHEAD + 2 * SILENCE).plus(THINKING).toNanos();
    return (int) (request / address.characters(2).toNanos());
  }

  @Override
  public CompletionStage<Reply> send(Job job) {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    lock.lock();
    try {
      if (closed) {
        reply.complete(new Reply.Lost(Reason.UNREACHABLE, "the line is closed", false));
      } else if (!waiting.add(new Waiting.Entry(job, reply))) {
        reply.complete(Waiting.full());
      }
      more.signal();
    } finally {
      lock.unlock();
    }
    return reply;
  }

  private void run() {
    for (Waiting.Entry entry = next(); entry != null; entry = next()) {
      Reply reply;
      try {
        Job job = entry.job();
        reply = Waiting.barred(job).orElseGet(() -> ask(job));
      } catch (RuntimeException e) {
        LOG.error("A request on {} failed", address, e);
        reply = new Reply.Lost(Reason.INTERNAL, "a bug; the log has it: " + e, true);
      }
      Reply got = reply;
      CompletableFuture<Reply> waits = entry.reply();
      answers.execute(() -> waits.complete(got));
    }
  }

  private Waiting.@Nullable Entry next() {
    lock.lock();
    try {
      while (!closed) {
        Waiting.Entry first = waiting.first();
        if (first != null) {
          waiting.removeFirst();
          return first;
        }
        more.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
    return null;
  }

  private Reply ask(Job job) {
    byte[] frame = Rtu.frame(job.unit(), job.ask().pdu());
    boolean asked = false;
    try {
      drain(missed);
      missed = -1;
      link.write(frame);
      asked = true;
      Reply reply = answer(job, frame.length);
      if (job.probe()
          && reply instanceof Reply.Answered one
          && one.said() instanceof Said.Refusal) {
        settle();
      }
      return reply;
    } catch (IOException e) {
      return new Reply.Lost(Reason.UNREACHABLE, String.valueOf(e.getMessage()), asked);
    }
  }

  /** Waits until the line has been silent for long enough; what comes meanwhile is nobody's. */
  private void drain(int late) throws IOException {
    if (late >= 0 && link.read(buffer, Duration.ZERO) > 0) {
      watch.heard(late);
    }
    link.discard();
    rtu.clear();
    long rest = quietSince + silence.toNanos() - System.nanoTime();
    while (rest > 0) {
      LockSupport.parkNanos(rest);
      if (link.read(buffer, Duration.ZERO) > 0) {
        quietSince = System.nanoTime();
        if (late >= 0) {
          watch.heard(late);
        }
      }
      rest = quietSince + silence.toNanos() - System.nanoTime();
    }
  }

  private Reply answer(Job job, int written) throws IOException {
    int octets = Math.max(job.ask().octets(), 8) + ENVELOPE;
    Duration patience = timeout.plus(address.characters(written + octets));
    // not less when nobody waits any more: a unit is not silent because it was asked late
    long end = System.nanoTime() + patience.toNanos();
    for (long rest = end - System.nanoTime(); rest > 0; rest = end - System.nanoTime()) {
      int count = link.read(buffer, Duration.ofNanos(rest));
      if (count > 0) {
        quietSince = System.nanoTime();
        rtu.add(buffer, count);
        Optional<Said> said = rtu.answer(job.unit(), job.ask());
        if (said.isPresent()) {
          return new Reply.Answered(said.get(), Instant.now().truncatedTo(ChronoUnit.MILLIS));
        }
      }
    }
    quietSince = System.nanoTime();
    missed = job.unit();
    String detail = "unit " + job.unit() + " did not answer (" + job.ask().what() + ")";
    return rtu.garbled()
        ? new Reply.Lost(Reason.BAD_ANSWER, detail + ": what came is no answer to it", true)
        : new Reply.Lost(Reason.TIMEOUT, detail, true);
  }

  /**
   * An exception may be a late one, of the request that was lost: then the answer to this probe is
   * still to come, and must not be taken for the next one's.
   */
  private void settle() throws IOException {
    long end = System.nanoTime() + timeout.toNanos();
    for (long rest = timeout.toNanos(); rest > 0; rest = end - System.nanoTime()) {
      if (link.read(buffer, Duration.ofNanos(rest)) > 0) {
        quietSince = System.nanoTime();
        return;
      }
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
    link.close();
    try {
      thread.join(Duration.ofSeconds(10).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lock.lock();
    try {
      for (Waiting.Entry entry : waiting.removeAll()) {
        entry.reply().complete(new Reply.Lost(Reason.UNREACHABLE, "the line is closed", false));
      }
    } finally {
      lock.unlock();
    }
  }
}
