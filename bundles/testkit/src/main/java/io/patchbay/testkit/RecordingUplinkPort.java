package io.patchbay.testkit;

import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Status;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * The hub as a binding sees it: writes down what it is offered and answers as told, in call order,
 * on a thread of its own as the real one does.
 */
public final class RecordingUplinkPort implements UplinkPort, AutoCloseable {
  /**
   * One call.
   *
   * @param frame empty when the binding decoded itself
   */
  public record Offer(Origin origin, Optional<Frame> frame, List<Uplink> uplinks) {}

  /** One call of {@link UplinkPort#presence}. */
  public record Presence(String scheme, String connection, Status status, String detail) {}

  private record Waiting(CompletableFuture<Receipt> stage, Receipt receipt) {}

  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "patchbay-testkit-hub");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Offer> offers = new ArrayList<>();
  private final List<Offer> stored = new ArrayList<>();
  private final List<Presence> presences = new ArrayList<>();
  private final ArrayDeque<Waiting> held = new ArrayDeque<>();
  private Function<Offer, Receipt> answer = offer -> new Receipt.Stored(0, 0);
  private boolean holding;

  /** What to answer from now on; {@link Receipt.Stored} unless told. */
  public synchronized void answer(Function<Offer, Receipt> with) {
    answer = with;
  }

  /** Receipts are kept back until {@link #release()}. */
  public synchronized void hold() {
    holding = true;
  }

  public synchronized void release() {
    holding = false;
    held.forEach(waiting -> writer.execute(() -> waiting.stage().complete(waiting.receipt())));
    held.clear();
  }

  /** Every offer, in call order. */
  public synchronized List<Offer> offers() {
    return List.copyOf(offers);
  }

  /** Offers that were answered with anything but Busy. */
  public synchronized List<Offer> acknowledged() {
    return List.copyOf(stored);
  }

  public synchronized List<Presence> presences() {
    return List.copyOf(presences);
  }

  @Override
  public CompletionStage<Receipt> offer(Frame frame, Duration patience) {
    return take(new Offer(frame.origin(), Optional.of(frame), List.of()));
  }

  @Override
  public CompletionStage<Receipt> offer(Origin origin, List<Uplink> uplinks, Duration patience) {
    return take(new Offer(origin, Optional.empty(), List.copyOf(uplinks)));
  }

  private synchronized CompletionStage<Receipt> take(Offer offer) {
    offers.add(offer);
    Receipt receipt = answer.apply(offer);
    if (receipt.acknowledge()) {
      stored.add(offer);
    }
    return reply(receipt);
  }

  @Override
  public synchronized CompletionStage<Receipt> presence(
      String scheme, String connection, Status status, String detail) {
    presences.add(new Presence(scheme, connection, status, detail));
    return reply(new Receipt.Stored(0, 0));
  }

  private CompletionStage<Receipt> reply(Receipt receipt) {
    CompletableFuture<Receipt> stage = new CompletableFuture<>();
    if (holding) {
      held.add(new Waiting(stage, receipt));
    } else {
      writer.execute(() -> stage.complete(receipt));
    }
    return stage;
  }

  @Override
  public void close() {
    writer.shutdown();
  }
}
