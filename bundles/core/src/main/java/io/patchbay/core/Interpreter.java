package io.patchbay.core;

import io.patchbay.profile.Property;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.Registered.Admission;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The steps of the uplink pipeline that say what a frame means; they change nothing. */
final class Interpreter {
  private final Settings settings;

  Interpreter(Settings settings) {
    this.settings = settings;
  }

  void fits(Frame frame) throws DecodeException {
    if (frame.payload().length() > settings.maxFrameBytes()) {
      throw new DecodeException(
          Rejection.TOO_LARGE,
          frame.payload().length() + " octets; accepted: " + settings.maxFrameBytes());
    }
  }

  /** Whether the source's data are taken now; false when they wait for its admission. */
  boolean admitted(Source source) throws DecodeException {
    return admitted(source.device());
  }

  boolean admitted(Device device) throws DecodeException {
    Admission admission = device.registered().admission();
    if (admission == Admission.REJECTED) {
      throw new DecodeException(
          Rejection.NOT_ADMITTED, "thing '" + device.id() + "' was refused by the administrator");
    } else if (admission == Admission.RETIRED) {
      throw new DecodeException(
          Rejection.NOT_ADMITTED,
          "thing '" + device.id() + "' is retired: " + device.step().reason());
    }
    return admission == Admission.ADMITTED;
  }

  /** What the frame says. */
  Draft interpret(Source source, Frame frame, List<DecodeException> problems) {
    Interpretation.Said said =
        source
            .profile()
            .interpretation()
            .read(
                source.device().id(), frame, source.readers(), problems, Interpretation.Steps.NONE);
    return new Draft(Optional.of(source), said.data(), said.status(), problems, false);
  }

  /** What a binding has decoded itself: units are the model's, everything else is checked. */
  Draft check(Source source, List<Uplink> uplinks, List<DecodeException> problems) {
    List<Uplink> data = new ArrayList<>();
    Optional<Uplink.StatusChange> status = Optional.empty();
    for (Uplink uplink : uplinks) {
      try {
        if (uplink instanceof Uplink.StatusChange change) {
          status =
              Optional.of(
                  new Uplink.StatusChange(
                      change.thing(),
                      change.status(),
                      change.stage(),
                      change.detail(),
                      Interpretation.time(change.time()),
                      Times.millis(change.received())));
        } else if (uplink instanceof Uplink.Reading reading) {
          data.add(checked(source.profile(), reading));
        } else if (uplink instanceof Uplink.Occurrence occurrence) {
          data.add(checked(source.profile(), occurrence));
        }
      } catch (DecodeException e) {
        problems.add(e);
      }
    }
    return new Draft(Optional.of(source), data, status, problems, false);
  }

  private static Uplink.Reading checked(CompiledProfile profile, Uplink.Reading reading)
      throws DecodeException {
    @Nullable Property property = profile.profile().properties().get(reading.property());
    @Nullable Conformer conformer =
        profile.interpretation().property(reading.property()).orElse(null);
    if (property == null || conformer == null) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "the profile has no property '" + reading.property() + "'");
    }
    return new Uplink.Reading(
        reading.thing(),
        reading.property(),
        conformer.checked(reading.value()),
        conformer.unit(),
        Interpretation.time(reading.time()),
        reading.source(),
        Times.millis(reading.received()),
        reading.quality());
  }

  private static Uplink.Occurrence checked(CompiledProfile profile, Uplink.Occurrence occurrence)
      throws DecodeException {
    if (!profile.profile().events().containsKey(occurrence.event())) {
      throw new DecodeException(
          Rejection.NOTHING_KNOWN, "the profile has no event '" + occurrence.event() + "'");
    }
    Map<String, Value> values = new HashMap<>();
    for (Map.Entry<String, Value> entry : occurrence.data().entrySet()) {
      @Nullable Conformer conformer =
          profile.interpretation().field(occurrence.event(), entry.getKey()).orElse(null);
      if (conformer != null) {
        values.put(entry.getKey(), conformer.checked(entry.getValue()));
      }
    }
    return new Uplink.Occurrence(
        occurrence.thing(),
        occurrence.event(),
        values,
        Interpretation.time(occurrence.time()),
        occurrence.source(),
        Times.millis(occurrence.received()));
  }
}
