package io.patchbay.core;

import static io.patchbay.core.TestHub.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.southbound.DeliveryId.Kind;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeliveriesTest {
  private static final Receipt STORED = new Receipt.Stored(0, 0);
  private static final Receipt REPEATED = new Receipt.Stored(1, 0);
  private TestHub test = new TestHub().registered("p1");

  @AfterEach
  void close() {
    test.close();
  }

  private CompletionStage<Receipt> offer(Kind kind, String id) {
    return test.offer(with(test.frame("tele/p1/s", "power=1"), kind, id));
  }

  private Receipt send(Kind kind, String id) {
    return TestHub.get(offer(kind, id));
  }

  @Test
  void aRepetitionOfWhatTheJournalRefusedIsNone() {
    test.journal.refuse("disk full");
    test.journal.pause();
    List<CompletionStage<Receipt>> receipts = new ArrayList<>();
    receipts.add(offer(Kind.UNIQUE, "a"));
    receipts.add(offer(Kind.UNIQUE, "a"));
    test.journal.resume();
    assertThat(receipts.stream().map(TestHub::get))
        .allSatisfy(receipt -> assertThat(receipt).isInstanceOf(Receipt.Busy.class));
    test.journal.accept();
    assertThat(send(Kind.UNIQUE, "a")).isEqualTo(STORED);
  }

  @Test
  void knowsARepetitionOfWhatIsStillOnItsWay() {
    test.journal.pause();
    CompletionStage<Receipt> first = offer(Kind.UNIQUE, "a");
    CompletionStage<Receipt> second = offer(Kind.UNIQUE, "a");
    test.journal.resume();
    assertThat(TestHub.get(first)).isEqualTo(STORED);
    assertThat(TestHub.get(second)).isEqualTo(REPEATED);
    assertThat(test.readings("power")).hasSize(1);
  }

  @Test
  void aPacketIdMayComeAgainForSomethingNew() {
    assertThat(send(Kind.FIRST, "7")).isEqualTo(STORED);
    assertThat(send(Kind.FIRST, "7")).isEqualTo(STORED);
    assertThat(test.readings("power")).hasSize(2);
  }

  @Test
  void comparesAfterAResumedSessionUntilTheFirstThatIsNew() {
    send(Kind.FIRST, "1");
    send(Kind.FIRST, "2");
    send(Kind.FIRST, "3");
    assertThat(send(Kind.RESUMED, "2")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "3")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "4")).isEqualTo(STORED);
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(STORED);
    send(Kind.FIRST, "5");
    assertThat(send(Kind.RESUMED, "5")).isEqualTo(REPEATED);
  }

  @Test
  void aSecondResumptionBeginsAgainWithTheFirst() {
    send(Kind.FIRST, "1");
    send(Kind.FIRST, "2");
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "2")).isEqualTo(REPEATED);
    assertThat(test.readings("power")).hasSize(2);
  }

  @Test
  void knowsWhatAnInterruptedResumptionBroughtForTheFirstTime() {
    send(Kind.FIRST, "1");
    send(Kind.FIRST, "2");
    assertThat(send(Kind.RESUMED, "2")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "3")).isEqualTo(STORED);
    assertThat(send(Kind.RESUMED, "4")).isEqualTo(STORED);
    for (int again = 0; again < 3; again++) {
      assertThat(send(Kind.RESUMED, "2")).isEqualTo(REPEATED);
      assertThat(send(Kind.RESUMED, "3")).isEqualTo(REPEATED);
      assertThat(send(Kind.RESUMED, "4")).isEqualTo(REPEATED);
    }
    assertThat(send(Kind.RESUMED, "3")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "4")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "5")).isEqualTo(STORED);
    assertThat(test.readings("power")).hasSize(5);
  }

  @Test
  void anIdFromBeforeTheResumptionMayComeAgainForSomethingNew() {
    send(Kind.FIRST, "7");
    send(Kind.FIRST, "1");
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "7")).isEqualTo(STORED);
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "7")).isEqualTo(REPEATED);
  }

  @Test
  void remembersAcrossARestart() {
    send(Kind.UNIQUE, "a");
    send(Kind.FIRST, "1");
    TestHub.get(test.offer(with(test.frame("nowhere", "x"), Kind.UNIQUE, "bad")));
    test = test.restarted();
    assertThat(send(Kind.UNIQUE, "a")).isEqualTo(REPEATED);
    assertThat(send(Kind.UNIQUE, "bad")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "1")).isEqualTo(REPEATED);
    assertThat(send(Kind.RESUMED, "2")).isEqualTo(STORED);
    assertThat(test.readings("power")).hasSize(3);
    assertThat(test.hub.things.find(TestHub.P1).orElseThrow().latest()).containsKey("power");
  }

  @Test
  void forgetsTheOldestBeyondItsWindow() {
    Deliveries deliveries = new Deliveries(List.of());
    for (int i = 0; i <= Deliveries.WINDOW; i++) {
      deliveries.judge(new io.patchbay.southbound.DeliveryId("" + i, Kind.UNIQUE));
    }
    assertThat(
            deliveries.judge(new io.patchbay.southbound.DeliveryId("0", Kind.UNIQUE)).repetition())
        .isFalse();
    assertThat(
            deliveries
                .judge(new io.patchbay.southbound.DeliveryId("5000", Kind.UNIQUE))
                .repetition())
        .isTrue();
  }

  @Test
  void aRejectedFrameIsADeliveryToo() {
    assertThat(TestHub.get(test.offer(with(test.frame("x", "y"), Kind.UNIQUE, "r"))))
        .isInstanceOfSatisfying(
            Receipt.Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Rejection.UNKNOWN_ADDRESS));
    assertThat(TestHub.get(test.offer(with(test.frame("x", "y"), Kind.UNIQUE, "r"))))
        .isEqualTo(REPEATED);
    assertThat(test.hub.rejections.list(0, 10)).hasSize(1);
  }
}
