package ${package};

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.patchbay.southbound.Answer;
import io.patchbay.thing.Outcome.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Who is connected, and the commands that wait for a line. */
final class Devices {
  private record Place(String device, String name) {}

  /**
   * A command that waits.
   *
   * @param value that the device must report; of a read, any
   */
  private record Waiting(Optional<String> value, CompletableFuture<Answer> answer) {}

  private final int most;

  /** The connection that each was heard on last; bounded by {@link #most}. */
  private final Map<String, Channel> connected = new ConcurrentHashMap<>();

  /** Bounded by the lanes: each device has one command on its way. */
  private final Map<Place, Waiting> waiting = new ConcurrentHashMap<>();

  /**
   * @param most devices that may be connected at once
   */
  Devices(int most) {
    this.most = most;
  }

  /** Remembers where a device is; false when there are as many as may be. */
  boolean heard(String device, Channel channel) {
    Channel before = connected.get(device);
    if (channel.equals(before)) {
      return true;
    } else if (before == null && connected.size() >= most) {
      return false;
    }
    connected.put(device, channel);
    ChannelFuture unused =
        channel.closeFuture().addListener(closed -> connected.remove(device, channel));
    return true;
  }

  /** Hands a line to the command that waits for it; whether there was one. */
  boolean answered(Line line, Answer answer) {
    Waiting one = waiting.get(new Place(line.device(), line.name()));
    return one != null
        && (answer instanceof Answer.Failed
            || one.value().orElse(line.value()).equals(line.value()))
        && one.answer().complete(answer);
  }

  /**
   * Asks for a property, or sets it.
   *
   * @param value to set; empty to ask
   * @param left until the deadline
   */
  CompletionStage<Answer> ask(String device, String name, Optional<String> value, Duration left) {
    Channel channel = connected.get(device);
    if (channel == null) {
      return failed(Reason.UNREACHABLE, "'" + device + "' is not connected");
    }
    Place place = new Place(device, name);
    Waiting one = new Waiting(value, new CompletableFuture<>());
    if (waiting.putIfAbsent(place, one) != null) {
      return failed(Reason.BUSY, "another command waits for '" + name + "' of '" + device + "'");
    }
    String line = value.map(text -> "set " + name + " " + text).orElse("get " + name);
    ChannelFuture unused =
        channel
            .writeAndFlush(line + "\n")
            .addListener(
                sent -> {
                  if (!sent.isSuccess()) {
                    one.answer().complete(away(device));
                  }
                });
    return one.answer()
        .completeOnTimeout(
            new Answer.Failed(Reason.TIMEOUT, "'" + device + "' did not answer '" + line + "'"),
            Math.max(0, left.toMillis()),
            TimeUnit.MILLISECONDS)
        .whenComplete((answer, failure) -> waiting.remove(place, one));
  }

  private static Answer away(String device) {
    return new Answer.Failed(Reason.UNREACHABLE, "the connection to '" + device + "' broke");
  }

  private static CompletionStage<Answer> failed(Reason reason, String detail) {
    return CompletableFuture.completedStage(new Answer.Failed(reason, detail));
  }
}
