package io.patchbay.camel.mqtt;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.locks.LockSupport;

/** The threads of one link: Paho runs its receiver, sender and callback loops on them. */
final class LinkThreads {
  /** Three loops, one to connect or disconnect, one for pings, one spare. */
  private static final int THREADS = 6;

  /**
   * Paho starts a loop and then sleeps 100 ms when it does not run yet; a pause that lets it begin
   * spares that.
   */
  private static final long HEAD_START_NANOS = 1_000_000;

  private final List<Thread> started = new CopyOnWriteArrayList<>();
  private final String name;
  private final ScheduledThreadPoolExecutor executor;

  LinkThreads(String name) {
    this.name = name;
    executor =
        new ScheduledThreadPoolExecutor(THREADS, this::thread) {
          @Override
          public Future<?> submit(Runnable task) {
            Future<?> submitted = super.submit(task);
            LockSupport.parkNanos(HEAD_START_NANOS);
            return submitted;
          }
        };
    executor.setRemoveOnCancelPolicy(true);
  }

  private Thread thread(Runnable task) {
    Thread thread = new Thread(task, name + "-link");
    thread.setDaemon(true);
    started.add(thread);
    return thread;
  }

  ScheduledExecutorService executor() {
    return executor;
  }

  /** Paho names the threads after itself; this gives them our names back. */
  void rename() {
    for (Thread thread : started) {
      String paho = thread.getName();
      if (paho.startsWith("MQTT Rec")) {
        thread.setName(name + "-receive");
      } else if (paho.startsWith("MQTT Snd")) {
        thread.setName(name + "-send");
      } else if (paho.startsWith("MQTT Call")) {
        thread.setName(name + "-arrived");
      } else if (paho.startsWith("MQTT ")) {
        thread.setName(name + "-link");
      }
    }
  }

  void close() {
    executor.shutdownNow();
  }
}
