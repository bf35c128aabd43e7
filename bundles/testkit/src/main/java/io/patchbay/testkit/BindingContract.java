package io.patchbay.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.thing.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every binding keeps, shown against a real peer. One that also hears devices that speak
 * unasked extends {@link PushingBindingContract}. Values are whole numbers, so that each is told
 * from the others.
 */
public abstract class BindingContract {
  /** A binding that runs. */
  protected interface Running {
    /** The way down while it runs. */
    DownlinkPort downlink();

    /**
     * Ends the binding and leaves what outlives it (sessions, lines) as it is. A second call does
     * nothing.
     */
    void stop() throws Exception;
  }

  protected final RecordingUplinkPort hub = new RecordingUplinkPort();
  private Running running = NOTHING;

  private static final Running NOTHING =
      new Running() {
        @Override
        public DownlinkPort downlink() {
          throw new IllegalStateException("the binding does not run");
        }

        @Override
        public void stop() {}
      };

  /** Starts the binding against the peer; returns when it hears the peer. */
  protected abstract Running start(RecordingUplinkPort hub) throws Exception;

  /** Reads a value; the peer answers with {@code number}. */
  protected abstract Request reading(int number, Instant deadline) throws Exception;

  /** Writes {@code number}; the peer takes it. */
  protected abstract Request writing(int number, Instant deadline) throws Exception;

  /** Asks for something that the peer refuses. */
  protected abstract Request refused(Instant deadline) throws Exception;

  /** Asks for something that the peer never answers. */
  protected abstract Request unanswered(Instant deadline) throws Exception;

  /** The numbers that the peer was told to take, in order. */
  protected abstract List<Integer> written() throws Exception;

  /** The number that a frame of the peer carries. */
  protected abstract int number(Frame frame) throws Exception;

  /** The peer goes away; returns when it is gone. */
  protected abstract void breakPeer() throws Exception;

  /** The peer comes back. */
  protected abstract void healPeer() throws Exception;

  /** How long anything may take, recovery after a break included. */
  protected Duration limit() {
    return Duration.ofSeconds(15);
  }

  @BeforeEach
  final void startBinding() throws Exception {
    running = start(hub);
  }

  @AfterEach
  final void stopBinding() throws Exception {
    running.stop();
    hub.close();
  }

  /** The one that runs now. */
  protected final Running running() {
    return running;
  }

  /** Stops the one that runs and starts another. */
  protected final void replace() throws Exception {
    running.stop();
    running = start(hub);
  }

  @Test
  void tellsThatThePeerRefused() throws Exception {
    assertThat(send(refused(soon())))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(Outcome.Reason.REFUSED);
              assertThat(failed.detail()).isNotEmpty();
            });
  }

  @Test
  void timesOutAtTheDeadlineWhenThePeerDoesNotAnswer() throws Exception {
    Instant deadline = Instant.now().plusMillis(500);
    assertThat(send(unanswered(deadline)))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Outcome.Reason.TIMEOUT));
    assertThat(Instant.now()).isBefore(deadline.plusSeconds(1));
  }

  @Test
  void answersTheNextRequestAfterOneThatTimedOut() throws Exception {
    send(unanswered(Instant.now().plusMillis(300)));
    assertReads(41);
  }

  @Test
  void readsAndWrites() throws Exception {
    assertReads(42);
    assertWrites(43);
  }

  @Test
  void failsWhileThePeerIsAwayAndRecoversWhenItComesBack() throws Exception {
    assertReads(1);
    breakPeer();
    assertThat(send(reading(2, Instant.now().plusSeconds(2))))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed ->
                assertThat(failed.reason())
                    .isIn(Outcome.Reason.UNREACHABLE, Outcome.Reason.TIMEOUT));
    healPeer();
    await()
        .atMost(limit())
        .untilAsserted(
            () ->
                assertThat(send(reading(3, Instant.now().plusSeconds(2))))
                    .isInstanceOf(Answer.Frames.class));
    assertReads(4);
  }

  @Test
  void canBeStoppedTwice() throws Exception {
    running.stop();
    running.stop();
  }

  @Test
  void worksAfterItWasReplaced() throws Exception {
    assertReads(1);
    replace();
    assertReads(2);
    assertWrites(3);
  }

  private void assertWrites(int number) throws Exception {
    assertThat(send(writing(number, soon()))).isInstanceOf(Answer.Frames.class);
    await().atMost(limit()).untilAsserted(() -> assertThat(written()).contains(number));
  }

  /** The value may be in the answer, or have been offered as if it was pushed. */
  private void assertReads(int number) throws Exception {
    Answer answer = send(reading(number, soon()));
    assertThat(answer).isInstanceOf(Answer.Frames.class);
    if (((Answer.Frames) answer).frames().isEmpty()) {
      await().atMost(limit()).untilAsserted(() -> assertThat(heard()).contains(number));
    } else {
      for (Frame frame : ((Answer.Frames) answer).frames()) {
        assertThat(number(frame)).isEqualTo(number);
      }
    }
  }

  /** The numbers that were offered to the hub, in order. */
  final List<Integer> heard() throws Exception {
    return numbers(hub.offers());
  }

  final List<Integer> numbers(List<RecordingUplinkPort.Offer> offers) throws Exception {
    List<Integer> numbers = new java.util.ArrayList<>();
    for (RecordingUplinkPort.Offer offer : offers) {
      if (offer.frame().isPresent()) {
        numbers.add(number(offer.frame().get()));
      }
    }
    return numbers;
  }

  private Answer send(Request request) throws Exception {
    return running
        .downlink()
        .send(request)
        .toCompletableFuture()
        .get(limit().toMillis(), TimeUnit.MILLISECONDS);
  }

  private Instant soon() {
    return Instant.now().plus(limit());
  }
}
