package io.patchbay.northbound;

import io.patchbay.southbound.Receipt;
import io.patchbay.store.KeptFrame;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What could not be taken, for the administrator; a service of core. */
public interface Rejections {
  List<KeptFrame> list(long afterId, int max);

  /** Frames rejected since the hub started, by reason. */
  Map<String, Long> counts();

  /**
   * Offers a rejected frame again, after a profile was mended; when taken it leaves the rejected in
   * the same transaction. Fails with {@link RefusedException} when there is none, or only its
   * beginning was kept.
   */
  CompletionStage<Receipt> replay(long id);

  /** Deletes rejected frames. */
  CompletionStage<Integer> discard(List<Long> ids);
}
