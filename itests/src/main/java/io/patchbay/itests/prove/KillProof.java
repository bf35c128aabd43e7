package io.patchbay.itests.prove;

import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * kill -9 at random moments under load. Every message whose PUBACK came is afterwards in the
 * journal or among the rejected, once.
 */
final class KillProof {
  private static final int DEVICES = 50;
  private static final int PER_SECOND = 1_000;

  private final Path data;
  private final int rounds;
  private final Random random = new Random();

  KillProof(Path data, int rounds) {
    this.data = data;
    this.rounds = rounds;
  }

  Proof run() throws IOException, InterruptedException, TimeoutException {
    Fleet fleet = new Fleet(DEVICES);
    fleet.prepare(data, "local");
    Sender sender = new Sender(fleet);
    int offset = RunningHub.freeOffset();
    RunningHub hub = RunningHub.start(data, offset);
    try (North north = new North(fleet, hub.mqttPort(), List.of(hub.mqttLogin()))) {
      Stored stored = Stored.read(hub, fleet);
      for (int round = 1; round <= rounds; round++) {
        north.pause();
        loadAndKill(hub, sender, 1_000 + random.nextInt(3_000));
        hub = RunningHub.start(data, offset);
        north.reconnect(hub.mqttPort(), List.of(hub.mqttLogin()));
        stored = drained(hub, fleet, sender);
        System.err.printf(
            "round %d: %d acknowledged, %d stored, %d missing, %d twice, ready again after %d ms%n",
            round,
            sender.acknowledged(),
            stored.count(),
            stored.missing(fleet, sender),
            stored.duplicates(),
            hub.startTook().toMillis());
      }
      Stored end = stored;
      boolean all = Drain.until(() -> undelivered(north, end) == 0);
      if (!all) {
        System.err.println(undelivered(north, end) + " stored messages did not come out north");
      }
      return new Proof(
          rounds,
          sender.sent(),
          sender.acknowledged(),
          stored.count(),
          north.delivered(),
          stored.missing(fleet, sender) + undelivered(north, stored),
          stored.duplicates(),
          stored.outOfOrder(),
          north.longestGapMs(),
          Leaks.count(hub));
    } finally {
      hub.kill();
    }
  }

  private void loadAndKill(RunningHub hub, Sender sender, long afterMillis)
      throws IOException, InterruptedException {
    AtomicReference<Exception> failed = new AtomicReference<>();
    Thread load =
        new Thread(
            () -> {
              try {
                sender.run(hub.mqttPort(), List.of(hub.mqttLogin()), PER_SECOND, () -> true);
              } catch (IOException | InterruptedException e) {
                failed.set(e);
              }
            },
            "prove-load");
    load.start();
    load.join(afterMillis);
    hub.kill();
    load.join();
    Exception problem = failed.get();
    if (problem != null) {
      throw new IOException("the load could not be sent", problem);
    }
  }

  /** Waits until all that was acknowledged is there and nothing more comes. */
  private static Stored drained(RunningHub hub, Fleet fleet, Sender sender)
      throws IOException, InterruptedException {
    Stored[] stored = {Stored.read(hub, fleet)};
    boolean quiet =
        Drain.until(
            () -> {
              Stored now = Stored.read(hub, fleet);
              boolean same = now.count() == stored[0].count();
              stored[0] = now;
              return same && now.missing(fleet, sender) == 0;
            });
    if (!quiet) {
      System.err.println("after a minute there are still acknowledged messages missing");
    }
    return stored[0];
  }

  private static long undelivered(North north, Stored stored) {
    long missing = 0;
    for (int device = 0; device < DEVICES; device++) {
      BitSet lost = (BitSet) stored.of(device).clone();
      lost.andNot(north.seen(device));
      missing += lost.cardinality();
    }
    return missing;
  }
}
