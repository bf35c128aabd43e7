package io.patchbay.binding.mqtt;

import io.patchbay.southbound.Frame;
import io.patchbay.thing.Bytes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Commands that wait for a message. Where several wait on one topic without correlation data, the
 * one that waits longest gets it. Bounded by the lanes: each thing has one command on its way.
 */
final class Answers {
  private record Place(String connection, String topic) {}

  /** A command that waits. */
  static final class Waiting {
    private final Place place;
    private final Optional<Bytes> correlation;
    private final CompletableFuture<Frame> answer = new CompletableFuture<>();

    private Waiting(Place place, Optional<Bytes> correlation) {
      this.place = place;
      this.correlation = correlation;
    }

    CompletableFuture<Frame> answer() {
      return answer;
    }
  }

  private final ConcurrentHashMap<Place, Deque<Waiting>> waiting = new ConcurrentHashMap<>();

  /**
   * Waits from now on; {@link #forget} it in the end.
   *
   * @param correlation what the answer must carry (MQTT 5.0, clause 4.10)
   */
  Waiting expect(String connection, String topic, Optional<Bytes> correlation) {
    Waiting one = new Waiting(new Place(connection, topic), correlation);
    waiting.compute(
        one.place,
        (place, line) -> {
          Deque<Waiting> longer = line == null ? new ArrayDeque<>() : line;
          longer.add(one);
          return longer;
        });
    return one;
  }

  void forget(Waiting one) {
    waiting.computeIfPresent(
        one.place,
        (place, line) -> {
          line.remove(one);
          return line.isEmpty() ? null : line;
        });
  }

  /** Hands a message to the command that waits for it, if there is one. */
  void arrived(String connection, String topic, Frame frame, Optional<byte[]> correlation) {
    if (waiting.isEmpty()) {
      return;
    }
    Place here = new Place(connection, topic);
    Waiting[] found = new Waiting[1];
    waiting.computeIfPresent(
        here,
        (place, line) -> {
          for (Waiting one : line) {
            if (one.correlation.isEmpty()
                || one.correlation.equals(correlation.map(Bytes::copyOf))) {
              found[0] = one;
              line.remove(one);
              break;
            }
          }
          return line.isEmpty() ? null : line;
        });
    if (found[0] != null) {
      found[0].answer.complete(frame);
    }
  }
}
