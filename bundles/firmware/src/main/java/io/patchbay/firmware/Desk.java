package io.patchbay.firmware;

import io.patchbay.northbound.Feed;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.Things;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns the engine, and its queue. It begins with the first campaign, or the
 * first question.
 */
final class Desk implements FirmwareUpdate.Listener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Desk.class);
  static final String LOGS = ".log";

  /** Questions and orders that wait; one more is refused. */
  private static final int WAITING = 256;

  private final Path folder;
  private final Feed feed;
  private final Shelf shelf;
  private final Engine engine;
  private final ArrayBlockingQueue<Runnable> tasks = new ArrayBlockingQueue<>(WAITING);
  private final AtomicBoolean waking = new AtomicBoolean();
  private final List<Runnable> afterwards = new ArrayList<>();
  private volatile boolean open = true;
  private volatile Runnable loaded = () -> {};
  private @Nullable Thread thread;
  private Feed.@Nullable Registration listening;

  /** Why files were not read, and campaigns stand still. Written by the thread alone. */
  private volatile List<String> problems = List.of();

  private List<String> unread = List.of();

  Desk(
      Path folder,
      Things things,
      Lifecycles lifecycles,
      Feed feed,
      Protocols protocols,
      Shelf shelf,
      Clock clock) {
    this.folder = folder;
    this.feed = feed;
    this.shelf = shelf;
    this.engine = new Engine(clock, things, protocols, shelf::image, lifecycles, this::wake);
  }

  /** What is done on the thread. */
  interface Work<T> {
    /**
     * @return what is answered, asked for when all changes are durable
     */
    Supplier<T> work(Engine engine) throws RefusedException, IOException;
  }

  /** Asks the thread; what it changes is durable when the stage completes. */
  <T> CompletionStage<T> ask(Work<T> work) {
    begin();
    CompletableFuture<T> answer = new CompletableFuture<>();
    boolean taken =
        open
            && tasks.offer(
                () -> {
                  try {
                    Supplier<T> later = work.work(engine);
                    afterwards.add(() -> complete(answer, later));
                  } catch (RefusedException | IOException | RuntimeException e) {
                    answer.completeExceptionally(e);
                  }
                });
    if (!taken) {
      answer.completeExceptionally(
          new RefusedException("too much is asked of campaigns now; ask again later"));
    }
    return answer;
  }

  private static <T> void complete(CompletableFuture<T> answer, Supplier<T> later) {
    try {
      answer.complete(later.get());
    } catch (UncheckedIOException e) {
      answer.completeExceptionally(new IOException(e.getMessage(), e));
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  /**
   * Goes on with the campaigns that are there; without one nothing begins.
   *
   * @param known run when it is known which images devices may pull
   */
  void resumeAll(Runnable known) throws IOException {
    if (Disk.list(folder).isEmpty()) {
      known.run();
    } else {
      loaded = known;
      begin();
    }
  }

  // ---- the thread

  private synchronized void begin() {
    if (thread == null && open) {
      Thread fresh = new Thread(this::run, "patchbay-firmware");
      fresh.setDaemon(true);
      thread = fresh;
      fresh.start();
    }
  }

  private void run() {
    load();
    publish();
    loaded.run();
    engine.loaded();
    while (open) {
      try {
        round();
      } catch (InterruptedException e) {
        break;
      } catch (RuntimeException e) {
        LOG.error("Campaigns: a bug; what is on disk counts after the next start", e);
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      }
    }
    engine.close();
  }

  private void round() throws InterruptedException {
    Duration rest = engine.turn();
    publish();
    afterwards.forEach(Runnable::run);
    afterwards.clear();
    Runnable task = tasks.poll(rest.toMillis() + 1, TimeUnit.MILLISECONDS);
    waking.set(false);
    for (; task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Asks for a turn. Any thread. */
  void wake() {
    if (waking.compareAndSet(false, true)) {
      // when it is full the thread comes round in any case
      boolean unused = tasks.offer(() -> {});
    }
  }

  private void load() {
    List<String> found = new ArrayList<>();
    try {
      for (Path file : Disk.list(folder)) {
        String name = file.getFileName().toString();
        if (name.startsWith(".")) {
          Disk.delete(file); // one that was not begun
        } else if (name.endsWith(LOGS)) {
          loadOne(file, found);
        }
      }
    } catch (IOException e) {
      found.add("campaigns cannot be read: " + e.getMessage());
    }
    unread = found;
  }

  private void loadOne(Path file, List<String> found) {
    try {
      engine.add(Course.load(file));
    } catch (IOException e) {
      LOG.error("Campaign {} cannot be read: {}", file.getFileName(), e.getMessage());
      found.add(String.valueOf(e.getMessage()));
    }
  }

  /** What other threads see. */
  private void publish() {
    shelf.show(engine.courses().values());
    List<String> all = new ArrayList<>(unread);
    for (String id : engine.broken()) {
      all.add("campaign " + id + " stands still: its log cannot be written");
    }
    problems = all;
    Feed.Registration registration = listening;
    if (engine.busy() && registration == null) {
      listening = feed.open("firmware", Selection.of(Selection.Kind.STATUS), this::heard);
    } else if (!engine.busy() && registration != null) {
      registration.close();
      listening = null;
    }
  }

  private boolean heard(Recorded recorded) {
    if (recorded.uplink() instanceof Uplink.StatusChange change
        && change.status() == Status.ONLINE) {
      engine.changed(change.thing());
    }
    return true;
  }

  @Override
  public void changed(ThingId thing) {
    engine.changed(thing);
  }

  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      open = false;
      running = thread;
    }
    if (running == null) {
      return;
    }
    wake();
    try {
      running.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Feed.Registration registration = listening;
    if (registration != null) {
      registration.close();
    }
  }

  /** Whether anything was ever asked of it. */
  synchronized boolean begun() {
    return thread != null;
  }

  /** What an administrator must mend, in words. */
  List<String> problems() {
    return problems;
  }
}
