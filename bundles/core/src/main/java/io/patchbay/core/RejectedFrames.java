package io.patchbay.core;

import io.patchbay.core.Passage.Kind;
import io.patchbay.core.Passage.Taken;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.Rejections;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Appended;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** What could not be taken, for the administrator. */
final class RejectedFrames implements Rejections {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Journal journal;
  private final UplinkPipeline pipeline;
  private final Tally tally;
  private final Set<Long> underway = ConcurrentHashMap.newKeySet();

  RejectedFrames(Journal journal, UplinkPipeline pipeline, Tally tally) {
    this.journal = journal;
    this.pipeline = pipeline;
    this.tally = tally;
  }

  @Override
  public List<KeptFrame> list(long afterId, int max) {
    return journal.kept(KeptFrame.Kind.REJECTED, afterId, max);
  }

  @Override
  public Map<String, Long> counts() {
    return tally.rejections();
  }

  @Override
  public CompletionStage<Receipt> replay(long id) {
    if (!underway.add(id)) {
      return refused("rejected frame " + id + " is being replayed already");
    }
    return found(id).whenComplete((receipt, failure) -> underway.remove(id));
  }

  private CompletionStage<Receipt> found(long id) {
    KeptFrame kept =
        list(id - 1, 1).stream().filter(frame -> frame.id() == id).findFirst().orElse(null);
    if (kept == null) {
      return refused("there is no rejected frame " + id);
    } else if (kept.truncated()) {
      return refused(
          "rejected frame " + id + " was not kept as the device sent it, so it cannot be replayed");
    }
    return pipeline
        .take(kept.frame(), PATIENCE, Kind.REPLAYED, Set.of(id))
        .thenApply(Taken::receipt);
  }

  private static CompletionStage<Receipt> refused(String why) {
    return CompletableFuture.failedFuture(new RefusedException(why));
  }

  @Override
  public CompletionStage<Integer> discard(List<Long> ids) {
    List<Long> there = ids.stream().distinct().filter(this::isThere).toList();
    return journal
        .discard(there)
        .thenCompose(
            appended ->
                appended instanceof Appended.Refused refused
                    ? CompletableFuture.failedFuture(new RefusedException(refused.why()))
                    : CompletableFuture.completedFuture(there.size()));
  }

  private boolean isThere(long id) {
    return list(id - 1, 1).stream().anyMatch(frame -> frame.id() == id);
  }
}
