package io.patchbay.camel.osgi;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Starts and stops contexts, each time on a thread of its own: what libraries leave behind on a
 * thread would otherwise keep their classes after they were replaced. Whoever asks waits.
 */
final class ContextThread {
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  private ContextThread() {}

  /**
   * @param classes of the context: Camel looks some things up through the thread's class loader
   */
  static void run(String context, ClassLoader classes, Work work) throws Exception {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              work.run();
              return true;
            });
    Thread thread = new Thread(task, "patchbay-camel-" + context);
    thread.setContextClassLoader(classes);
    thread.setDaemon(true);
    thread.start();
    try {
      boolean unused = task.get();
    } catch (InterruptedException e) {
      thread.interrupt();
      thread.join();
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw e;
    }
  }
}
