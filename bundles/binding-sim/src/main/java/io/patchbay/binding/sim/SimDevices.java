package io.patchbay.binding.sim;

import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.Wire;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The devices themselves: they answer what they are asked, and remember what was written. */
final class SimDevices {
  private final InstantSource clock;

  /** What was written; bounded by the writable properties of the things there are. */
  private final Map<Target, Bytes> memory = new ConcurrentHashMap<>();

  /** Things that were switched off; bounded by the things there are. */
  private final Set<ThingId> off = ConcurrentHashMap.newKeySet();

  SimDevices(InstantSource clock) {
    this.clock = clock;
  }

  /** Completes at once, or at the command's deadline when a silent property is among the asked. */
  CompletionStage<Answer> answer(Request request) {
    Command command = request.command();
    Thing thing = request.thing();
    if (command instanceof Command.Invoke) {
      return now(
          Outcome.Reason.NOT_ALLOWED,
          "a simulated device has no actions; write a property instead");
    }
    List<String> properties =
        command instanceof Command.Write write
            ? List.of(write.property())
            : ((Command.Read) command).properties();
    List<Frame> frames = new ArrayList<>();
    for (String property : properties) {
      Wire wire = request.wires().get(property);
      if (wire == null) {
        return now(Outcome.Reason.NOT_ALLOWED, "'" + property + "' has no form for this");
      }
      Wave wave = Wave.of(wire.form());
      if (wave.shape() == Wave.Shape.SILENT) {
        return silence(command);
      }
      if (off.contains(thing.id()) && wave.shape() != Wave.Shape.POWER) {
        return now(
            Outcome.Reason.UNREACHABLE,
            thing.id() + " is switched off; write true to its property with 'wave: power'");
      }
      if (command instanceof Command.Write && !write(thing.id(), property, wave, wire)) {
        return now(
            Outcome.Reason.REFUSED,
            "only a property with 'wave: memory' or 'wave: power' takes what is written");
      }
      frames.add(frame(thing, property, wave));
    }
    return CompletableFuture.completedFuture(new Answer.Frames(frames));
  }

  private static CompletionStage<Answer> now(Outcome.Reason reason, String detail) {
    return CompletableFuture.completedFuture(new Answer.Failed(reason, detail));
  }

  private CompletionStage<Answer> silence(Command command) {
    return new CompletableFuture<Answer>()
        .completeOnTimeout(
            new Answer.Failed(Outcome.Reason.TIMEOUT, "a property with 'wave: silent' was asked"),
            Math.max(0, Duration.between(clock.instant(), command.deadline()).toMillis()),
            TimeUnit.MILLISECONDS);
  }

  private boolean write(ThingId thing, String property, Wave wave, Wire wire) {
    Bytes payload = wire.payload().orElseThrow();
    switch (wave.shape()) {
      case MEMORY -> memory.put(new Target(thing, property), payload);
      case POWER -> {
        if (Boolean.parseBoolean(payload.text())) {
          off.remove(thing);
        } else {
          off.add(thing);
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private Frame frame(Thing thing, String property, Wave wave) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Target target = new Target(thing.id(), property);
    Bytes payload =
        switch (wave.shape()) {
          case MEMORY -> memory.getOrDefault(target, Bytes.utf8(Double.toString(wave.low())));
          case POWER -> Bytes.utf8(Boolean.toString(!off.contains(thing.id())));
          default -> Bytes.utf8(Double.toString(wave.at(now)));
        };
    return new Frame(
        new Origin(SimProtocol.SCHEME, thing.connection(), thing.id().value()),
        Optional.of(target),
        payload,
        "",
        now,
        Optional.of(now),
        Optional.empty(),
        false);
  }
}
