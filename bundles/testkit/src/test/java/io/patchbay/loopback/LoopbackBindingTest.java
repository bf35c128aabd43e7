package io.patchbay.loopback;

import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Request;
import io.patchbay.testkit.PushingBindingContract;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** The contract against a peer in memory: it can be kept, and from another package. */
final class LoopbackBindingTest extends PushingBindingContract {
  private static final Thing THING =
      new Thing(new ThingId("loop"), URI.create("loop://here"), "loop", Map.of(), Map.of());

  /** Sends one at a time and again until it is acknowledged. */
  private static final class Peer {
    private final Deque<Integer> unacknowledged = new ArrayDeque<>();
    private final List<Integer> written = new ArrayList<>();
    private Runnable listener = () -> {};
    private boolean away;

    synchronized void send(int number) {
      unacknowledged.addLast(number);
      listener.run();
    }

    synchronized void listen(Runnable to) {
      listener = to;
      listener.run();
    }

    synchronized void away(boolean now) {
      away = now;
      listener.run();
    }
  }

  private final Peer peer = new Peer();

  private final class Binding implements Running {
    private final RecordingUplinkPort hub;
    private int session;
    private boolean offering;

    private Binding(RecordingUplinkPort hub) {
      this.hub = hub;
      peer.listen(this::next);
    }

    private void next() {
      synchronized (peer) {
        if (peer.away) {
          session++;
          offering = false;
        } else if (!offering && !peer.unacknowledged.isEmpty()) {
          offering = true;
          int present = session;
          hub.offer(frame(peer.unacknowledged.getFirst()), Duration.ofSeconds(1))
              .thenAccept(receipt -> answered(present, receipt));
        }
      }
    }

    private void answered(int then, Receipt receipt) {
      synchronized (peer) {
        if (then != session) {
          return;
        }
        offering = false;
        if (receipt.acknowledge()) {
          peer.unacknowledged.removeFirst();
        }
        next();
      }
    }

    @Override
    public DownlinkPort downlink() {
      return this::send;
    }

    private CompletionStage<Answer> send(Request request) {
      synchronized (peer) {
        if (peer.away) {
          return CompletableFuture.completedFuture(
              new Answer.Failed(Reason.UNREACHABLE, "the peer is away"));
        } else if (request.command() instanceof Command.Read read) {
          return CompletableFuture.completedFuture(
              new Answer.Frames(List.of(frame(Integer.parseInt(read.properties().get(0))))));
        } else if (request.command() instanceof Command.Write write) {
          peer.written.add((int) ((Value.Int) write.value()).value());
          return CompletableFuture.completedFuture(new Answer.Frames(List.of()));
        } else if (((Command.Invoke) request.command()).action().equals("refuse")) {
          return CompletableFuture.completedFuture(new Answer.Failed(Reason.REFUSED, "no"));
        }
        Duration left = Duration.between(Instant.now(), request.command().deadline());
        return new CompletableFuture<Answer>()
            .completeOnTimeout(
                new Answer.Failed(Reason.TIMEOUT, "silence"),
                left.toMillis(),
                TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void stop() {
      synchronized (peer) {
        session++;
        peer.listener = () -> {};
      }
    }
  }

  private static Frame frame(int number) {
    return Frame.of(
        new Origin("loop", "here", "n"), Bytes.utf8(Integer.toString(number)), Instant.now());
  }

  private static Request request(Command command) {
    return new Request(CommandId.fresh(), command, THING, Map.of());
  }

  @Override
  protected Running start(RecordingUplinkPort to) {
    return new Binding(to);
  }

  @Override
  protected void peerSends(int number) {
    peer.send(number);
  }

  @Override
  protected Request reading(int number, Instant deadline) {
    return request(new Command.Read(THING.id(), List.of(Integer.toString(number)), deadline));
  }

  @Override
  protected Request writing(int number, Instant deadline) {
    return request(new Command.Write(THING.id(), "n", new Value.Int(number), deadline));
  }

  @Override
  protected Request refused(Instant deadline) {
    return request(new Command.Invoke(THING.id(), "refuse", Map.of(), deadline));
  }

  @Override
  protected Request unanswered(Instant deadline) {
    return request(new Command.Invoke(THING.id(), "hush", Map.of(), deadline));
  }

  @Override
  protected List<Integer> written() {
    synchronized (peer) {
      return List.copyOf(peer.written);
    }
  }

  @Override
  protected int number(Frame frame) {
    return Integer.parseInt(frame.payload().text());
  }

  @Override
  protected void breakPeer() {
    peer.away(true);
  }

  @Override
  protected void healPeer() {
    peer.away(false);
  }
}
