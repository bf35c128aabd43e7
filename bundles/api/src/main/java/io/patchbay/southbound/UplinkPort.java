package io.patchbay.southbound;

import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The way up, a service of core. Receipts come in call order per connection; a stage fails only on
 * a bug. Calls decode on the caller's thread; stages complete on the journal's writer thread, where
 * nothing may block.
 */
public interface UplinkPort {
  /**
   * Offers one frame.
   *
   * @param patience how long to wait for room before the receipt is {@link Receipt.Busy}; the call
   *     itself may block for as long
   */
  CompletionStage<Receipt> offer(Frame frame, Duration patience);

  /**
   * Offers what the binding has decoded itself; values are in the model's units already.
   *
   * @param uplinks of one thing each, at least one
   */
  CompletionStage<Receipt> offer(Origin origin, List<Uplink> uplinks, Duration patience);

  /**
   * Says that a connection came or went: the status of every thing behind it follows.
   *
   * @param detail why, for a person
   */
  CompletionStage<Receipt> presence(String scheme, String connection, Status status, String detail);
}
