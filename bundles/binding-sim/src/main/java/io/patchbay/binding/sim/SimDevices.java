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
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The devices themselves: they answer what they are asked, and remember what was written. */
final class SimDevices {
  private final InstantSource clock;

  /** What was written; bounded by the writable properties of the things there are. */
  private final Map<Target, Bytes> memory = new ConcurrentHashMap<>();

  SimDevices(InstantSource clock) {
    this.clock = clock;
  }

  Answer answer(Request request) {
    Command command = request.command();
    if (command instanceof Command.Read read) {
      List<Frame> frames = new ArrayList<>();
      for (String property : read.properties()) {
        Wire wire = request.wires().get(property);
        if (wire == null) {
          return new Answer.Failed(
              Outcome.Reason.NOT_ALLOWED, "no form to read '" + property + "' with");
        }
        frames.add(frame(request.thing(), property, wire));
      }
      return new Answer.Frames(frames);
    } else if (command instanceof Command.Write write) {
      return write(request.thing(), write, request.wires().get(write.property()));
    }
    return new Answer.Failed(
        Outcome.Reason.NOT_ALLOWED, "a simulated device has no actions; write a property instead");
  }

  private Frame frame(Thing thing, String property, Wire wire) {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Target target = new Target(thing.id(), property);
    Wave wave = Wave.of(wire.form());
    Bytes payload =
        wave.shape() == Wave.Shape.MEMORY
            ? memory.getOrDefault(target, Bytes.utf8(Double.toString(wave.low())))
            : Bytes.utf8(Double.toString(wave.at(now)));
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

  private Answer write(Thing thing, Command.Write write, @Nullable Wire wire) {
    if (wire == null || Wave.of(wire.form()).shape() != Wave.Shape.MEMORY) {
      return new Answer.Failed(
          Outcome.Reason.REFUSED, "only a property with 'wave: memory' takes what is written");
    }
    memory.put(new Target(thing.id(), write.property()), wire.payload().orElseThrow());
    return new Answer.Frames(List.of(frame(thing, write.property(), wire)));
  }
}
