package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.Recorder;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.util.List;

/** {@code /things/{id}/recorder} and {@code /recording}: the last raw frames of a thing. */
final class RecorderRoutes {
  static final String NDJSON = "application/x-ndjson";
  static final String YAML = "application/yaml";
  private static final String RECORDER = "/api/v1/things/{id}/recorder";

  private final Rooms rooms;

  RecorderRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  /** Frames may be private: whoever reads them is in the audit. */
  List<Route> routes() {
    return List.of(
        Route.get(
            RECORDER,
            Role.VIEWER,
            "Whether the frames of a thing are recorded, and how many are kept",
            "RecorderState",
            this::state),
        Route.act(
                "PUT",
                RECORDER,
                Role.INTEGRATOR,
                "recorder.start",
                "Records the last frames of a thing in memory, until it is ended or the hub stops",
                this::start)
            .giving(200, Route.JSON, "RecorderState"),
        Route.act(
            "DELETE",
            RECORDER,
            Role.INTEGRATOR,
            "recorder.stop",
            "Ends recording and forgets the frames",
            this::stop),
        Route.act(
                "GET",
                "/api/v1/things/{id}/recording",
                Role.INTEGRATOR,
                "recorder.export",
                "The frames recorded: a recording file, or the examples of a profile",
                this::export)
            .giving(200, NDJSON, "Recording")
            .giving(200, YAML, "Yaml"));
  }

  private Recorder.State find(ThingId id) {
    return rooms
        .recorder()
        .state(id)
        .orElseThrow(() -> Problem.notFound("there is no thing '" + id + "'"));
  }

  private void state(Exchange exchange) throws IOException {
    Recorder.State state = find(exchange.thing());
    ObjectNode body = Json.object();
    body.put("on", state.on());
    body.put("byProfile", state.byProfile());
    body.put("frames", state.frames());
    body.put("bytes", state.octets());
    body.put("lost", state.lost());
    exchange.reply(200, body);
  }

  private void start(Exchange exchange) throws IOException {
    find(exchange.thing());
    rooms.recorder().start(exchange.thing());
    state(exchange);
  }

  private void stop(Exchange exchange) {
    if (find(exchange.thing()).byProfile()) {
      throw Problem.of(
          409, "the profile says record: true; take that away to end it for all its things");
    }
    rooms.recorder().stop(exchange.thing());
    exchange.done();
  }

  private void export(Exchange exchange) throws IOException {
    find(exchange.thing());
    String type = exchange.negotiate(List.of(NDJSON, YAML));
    Recorder.Recording recording =
        rooms
            .recorder()
            .recording(exchange.thing())
            .orElseThrow(
                () ->
                    Problem.of(
                        409,
                        "'"
                            + exchange.thing()
                            + "' is not recorded; PUT /api/v1/things/"
                            + exchange.thing()
                            + "/recorder begins it"));
    exchange.reply(
        200,
        type,
        type.equals(NDJSON)
            ? rooms.recordings().text(recording)
            : rooms.recordings().examples(recording.frames()));
  }
}
