package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.thing.Outcome.Reason;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** A unit and the bus that it is on. */
final class UnitTest {
  /** It asks on another thread whether a request may go, and waits for that. */
  private static final class AskingBack implements Bus {
    private int asked;

    @Override
    public CompletionStage<Reply> send(Job job) {
      asked++;
      try {
        boolean free =
            CompletableFuture.supplyAsync(() -> job.barred().get())
                .get(5, TimeUnit.SECONDS)
                .isEmpty();
        return CompletableFuture.completedStage(
            new Reply.Lost(Reason.TIMEOUT, free ? "silence" : "barred", true));
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new IllegalStateException("the unit's monitor is held", e);
      }
    }

    @Override
    public int generation() {
      return 1;
    }

    @Override
    public int usualGap() {
      return 0;
    }

    @Override
    public void close() {}
  }

  @Test
  void holdsNothingWhileItHandsARequestToTheBus() throws Exception {
    AskingBack bus = new AskingBack();
    Unit unit = new Unit(bus, 1, new Probation(), why -> {});
    Ask ask = Ask.writeRegister(0, 1);
    Instant soon = Instant.now().plusSeconds(30);

    Reply first = unit.ask(ask, soon, 1).toCompletableFuture().get(1, TimeUnit.SECONDS);
    Reply probed =
        unit.inTurn(() -> unit.ask(ask, soon, 1)).toCompletableFuture().get(1, TimeUnit.SECONDS);

    assertThat(first).isEqualTo(new Reply.Lost(Reason.TIMEOUT, "silence", true));
    assertThat(probed).isInstanceOf(Reply.Lost.class);
    assertThat(bus.asked).isEqualTo(2);
  }
}
