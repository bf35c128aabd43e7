package io.patchbay.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a binding keeps whose devices speak unasked: no acknowledgement before the hub holds the
 * data, nothing lost, nothing out of order. An acknowledgement shows in this: what has none is
 * offered again after the peer was away, what has one is not.
 */
public abstract class PushingBindingContract extends BindingContract {
  private static final Receipt STORED = new Receipt.Stored(0, 0);
  private static final int LOAD = 2_000;

  /** The peer sends {@code number}, so that it will send it again until it is acknowledged. */
  protected abstract void peerSends(int number) throws Exception;

  @Test
  void isNotAcknowledgedBeforeTheHubHoldsIt() throws Exception {
    hub.hold();
    peerSends(1);
    awaitHeard(1, 1);
    breakPeer();
    healPeer();
    awaitHeard(1, 2);
    hub.release();
    peerSends(2);
    awaitHeard(2, 1);
  }

  @Test
  void isOfferedAgainWhenTheHubWasBusy() throws Exception {
    AtomicInteger refusals = new AtomicInteger(2);
    hub.answer(
        offer -> refusals.getAndDecrement() > 0 ? new Receipt.Busy(Duration.ofMillis(20)) : STORED);
    peerSends(1);
    awaitHeard(1, 3);
    peerSends(2);
    awaitHeard(2, 1);
    assertThat(numbers(hub.acknowledged())).containsExactly(1, 2);
  }

  @Test
  void isAcknowledgedWhenTheHubRejectedIt() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.UNDECODABLE, "not JSON"));
    peerSends(1);
    awaitHeard(1, 1);
    assertNotOfferedAgain(1);
  }

  @Test
  void arrivesOnceWhenStored() throws Exception {
    peerSends(1);
    awaitHeard(1, 1);
    assertNotOfferedAgain(1);
  }

  /** 2 is sent after 1: when it is there, 1 would have been there again. */
  private void assertNotOfferedAgain(int number) throws Exception {
    peerSends(2);
    awaitHeard(2, 1);
    breakPeer();
    healPeer();
    peerSends(3);
    awaitHeard(3, 1);
    assertThat(heard()).containsOnlyOnce(number);
  }

  @Test
  void losesNothingAndKeepsTheOrderWhenReplacedUnderLoad() throws Exception {
    ScheduledExecutorService peer = Executors.newSingleThreadScheduledExecutor();
    List<String> failure = new CopyOnWriteArrayList<>();
    AtomicInteger sent = new AtomicInteger();
    try {
      var sending =
          peer.scheduleAtFixedRate(
              () -> sendNext(sent, failure), 0, 1_000_000 / LOAD, TimeUnit.MICROSECONDS);
      for (int round = 1; round <= 5; round++) {
        int enough = round * LOAD / 6;
        await().atMost(limit()).until(() -> sent.get() >= enough || !failure.isEmpty());
        replace();
      }
      await().atMost(limit()).until(() -> sent.get() >= LOAD || !failure.isEmpty());
      sending.cancel(false);
    } finally {
      peer.shutdownNow();
    }
    assertThat(failure).isEmpty();
    await()
        .atMost(limit())
        .untilAsserted(() -> assertThat(new LinkedHashSet<>(heard())).hasSize(LOAD));
    List<Integer> firstTimes = new ArrayList<>(new LinkedHashSet<>(heard()));
    assertThat(firstTimes)
        .containsExactlyElementsOf(IntStream.rangeClosed(1, LOAD).boxed().toList());
  }

  private void sendNext(AtomicInteger sent, List<String> failure) {
    if (sent.get() >= LOAD) {
      return;
    }
    try {
      peerSends(sent.get() + 1);
      sent.incrementAndGet();
    } catch (Exception e) {
      failure.add("sending " + (sent.get() + 1) + ": " + e);
      throw new IllegalStateException(e);
    }
  }

  private void awaitHeard(int number, int times) {
    await()
        .atMost(limit())
        .untilAsserted(
            () ->
                assertThat(heard().stream().filter(heard -> heard == number))
                    .hasSizeGreaterThanOrEqualTo(times));
  }
}
