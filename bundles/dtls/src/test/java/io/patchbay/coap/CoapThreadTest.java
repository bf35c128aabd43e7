package io.patchbay.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CoapThreadTest {
  private final ProtocolScheduledExecutorService thread = CoapThread.named("test");

  @AfterEach
  void end() {
    List<Runnable> unused = thread.shutdownNow();
  }

  /** As when thousands of devices are asked that are not there. */
  @Test
  void timersThatAreNotDueAreNoBacklog() {
    List<ScheduledFuture<?>> timers = new ArrayList<>();
    for (int i = 0; i < 2 * CoapThread.BACKLOG; i++) {
      timers.add(thread.schedule(() -> {}, 1, TimeUnit.HOURS));
    }
    await().during(Duration.ofMillis(300)).until(() -> !CoapThread.behind(thread));
    timers.forEach(timer -> timer.cancel(false));
    assertThat(((ScheduledThreadPoolExecutor) thread).getQueue()).isEmpty();
  }

  @Test
  void isBehindWhileMoreWaitsThanItDoes() {
    CountDownLatch held = new CountDownLatch(1);
    thread.execute(
        () -> {
          try {
            held.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    for (int i = 0; i < CoapThread.BACKLOG; i++) {
      assertThat(CoapThread.behind(thread)).isFalse();
      thread.execute(() -> {});
    }
    await().until(() -> CoapThread.behind(thread));
    held.countDown();
    await().until(() -> !CoapThread.behind(thread));
  }
}
