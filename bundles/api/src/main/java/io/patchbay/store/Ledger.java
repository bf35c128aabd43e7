package io.patchbay.store;

import java.util.List;
import java.util.Map;

/**
 * The sums of the log since it began. For every subscription, at any moment, {@code accepted =
 * delivered + pending + dropped}.
 *
 * @param accepted uplinks stored
 * @param rejected frames kept as rejected, ever
 * @param held frames waiting for admission now
 * @param first smallest sequence still in the log
 * @param last largest sequence given
 */
public record Ledger(
    long accepted, long rejected, long held, long first, long last, List<Account> subscriptions) {

  /**
   * @param accepted uplinks that it selects, since it began
   * @param dropped by reason ({@code retention})
   */
  public record Account(
      String subscription,
      Selection selection,
      long accepted,
      long delivered,
      long pending,
      Map<String, Long> dropped) {}
}
