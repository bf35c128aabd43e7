package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.Recorder;
import io.patchbay.northbound.RefusedException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.KeptFrame;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** {@code /rejected}: frames that could not be taken. */
final class RejectionRoutes {
  private static final String REJECTED = "/api/v1/rejected";

  private final Rooms rooms;

  RejectionRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                REJECTED,
                Role.VIEWER,
                "Frames that could not be taken, oldest first",
                "RejectedPage",
                this::list)
            .giving(200, RecorderRoutes.YAML, "Yaml")
            .asking(
                Route.Parameter.number("after", "id after which the page begins"),
                Route.Parameter.number("limit", "1 to 1000; 100 when not given")),
        Route.act(
                "POST",
                REJECTED + "/{id}/replay",
                Role.OPERATOR,
                "rejected.replay",
                "Offers a frame again, after its profile was mended",
                this::replay)
            .giving(200, Route.JSON, "Receipt"),
        Route.act(
            "DELETE",
            REJECTED + "/{id}",
            Role.OPERATOR,
            "rejected.discard",
            "Discards a frame",
            this::discard));
  }

  private void list(Exchange exchange) throws IOException {
    int limit = (int) exchange.number("limit", 100, 1, 1_000);
    List<KeptFrame> frames =
        rooms.rejections().list(exchange.number("after", 0, 0, Long.MAX_VALUE), limit);
    if (exchange.negotiate(List.of(Route.JSON, RecorderRoutes.YAML)).equals(RecorderRoutes.YAML)) {
      List<Recorder.Recorded> examples =
          frames.stream().filter(kept -> !kept.truncated()).map(RejectionRoutes::recorded).toList();
      exchange.reply(200, RecorderRoutes.YAML, rooms.recordings().examples(examples));
      return;
    }
    ObjectNode body = Json.object();
    ArrayNode list = body.putArray("rejected");
    frames.forEach(frame -> list.add(json(frame)));
    body.put(
        "next", frames.size() < limit ? "" : Long.toString(frames.get(frames.size() - 1).id()));
    ObjectNode counts = body.putObject("counts");
    new TreeMap<>(rooms.rejections().counts()).forEach(counts::put);
    exchange.reply(200, body);
  }

  private static Recorder.Recorded recorded(KeptFrame kept) {
    return new Recorder.Recorded(
        kept.frame(),
        "",
        List.of(),
        Set.of(),
        List.of(new Recorder.Problem(Rejection.valueOf(kept.reason()), kept.detail())));
  }

  private static ObjectNode json(KeptFrame kept) {
    Frame frame = kept.frame();
    ObjectNode node = Json.object();
    node.put("id", kept.id());
    node.put("reason", kept.reason());
    node.put("detail", kept.detail());
    kept.thing().ifPresent(thing -> node.put("thing", thing.value()));
    node.put("scheme", frame.origin().scheme());
    node.put("connection", frame.origin().connection());
    node.put("address", frame.origin().address());
    node.put("received", frame.received().toString());
    node.put("payload", Base64.getEncoder().encodeToString(frame.payload().shared()));
    node.put("text", frame.payload().text());
    node.put("truncated", kept.truncated());
    return node;
  }

  private static long id(Exchange exchange) {
    try {
      return Long.parseLong(exchange.path("id"));
    } catch (NumberFormatException e) {
      throw Problem.notFound("'" + exchange.path("id") + "' is no id of a rejected frame");
    }
  }

  private void replay(Exchange exchange) throws IOException, RefusedException {
    Receipt receipt = Stages.get(rooms.rejections().replay(id(exchange)));
    ObjectNode body = Json.object();
    if (receipt instanceof Receipt.Stored stored) {
      body.put("receipt", "stored")
          .put("duplicates", stored.duplicates())
          .put("rejected", stored.rejected());
    } else if (receipt instanceof Receipt.Rejected rejected) {
      body.put("receipt", "rejected")
          .put("reason", Words.of(rejected.reason()))
          .put("detail", rejected.detail());
    } else if (receipt instanceof Receipt.Held held) {
      body.put("receipt", "held").put("thing", held.thing().value());
    } else {
      throw Problem.of(503, "the journal takes nothing now; try again later")
          .with("Retry-After", "2");
    }
    exchange.reply(200, body);
  }

  private void discard(Exchange exchange) throws IOException, RefusedException {
    if (Stages.get(rooms.rejections().discard(List.of(id(exchange)))) == 0) {
      throw Problem.notFound("there is no rejected frame " + exchange.path("id"));
    }
    exchange.done();
  }
}
