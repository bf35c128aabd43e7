package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages;
import io.patchbay.northbound.FirmwarePackages.Draft;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.northbound.RefusedException;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /firmware}: the packages that campaigns bring to devices. */
final class FirmwareRoutes {
  private static final String FIRMWARE = "/api/v1/firmware";
  private static final String ONE = FIRMWARE + "/{id}";
  private static final String OCTETS = "application/octet-stream";

  private final Rooms rooms;

  FirmwareRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(FIRMWARE, Role.VIEWER, "Lists firmware packages", "FirmwareList", this::list),
        Route.get(ONE, Role.VIEWER, "A firmware package", "Firmware", this::get),
        Route.act(
                "PUT",
                ONE,
                Role.INTEGRATOR,
                "firmware.put",
                "Uploads a firmware package; it never changes",
                this::put)
            .asking(
                Route.Parameter.text("version", "What a device reports when it runs it"),
                Route.Parameter.text("sha256", "That the image must have, in hexadecimal"),
                Route.Parameter.text("signature", "Of the image, detached, in base64"),
                Route.Parameter.text("profile", "Made for things of this profile only"),
                Route.Parameter.text("things", "Made for things of such names only, hall-*"),
                Route.Parameter.text("from", "Made for devices that run such a version, 1.*"))
            .taking(OCTETS, "Image")
            .giving(201, Route.JSON, "Firmware"),
        Route.act(
            "DELETE",
            ONE,
            Role.INTEGRATOR,
            "firmware.remove",
            "Removes a firmware package that no campaign needs",
            this::remove));
  }

  private void list(Exchange exchange) throws IOException {
    FirmwarePackages packages = rooms.firmware();
    ObjectNode body = Json.object();
    ArrayNode all = body.putArray("firmware");
    packages.list().forEach(one -> all.add(json(one)));
    FirmwarePackages.Space space = packages.space();
    body.put("used", space.used()).put("most", space.most()).put("largest", space.largest());
    exchange.reply(200, body);
  }

  private void get(Exchange exchange) throws IOException {
    exchange.reply(200, json(find(exchange.path("id"))));
  }

  private FirmwarePackage find(String id) {
    return rooms
        .firmware()
        .find(id)
        .orElseThrow(
            () ->
                Problem.notFound("no package is named '" + id + "'; " + FIRMWARE + " lists them"));
  }

  private void put(Exchange exchange) throws IOException, RefusedException {
    exchange.accept(OCTETS);
    Draft draft =
        new Draft(
            exchange.path("id"),
            exchange
                .query("version")
                .orElseThrow(
                    () ->
                        Problem.bad(
                            "'version' is missing: what a device reports when it runs this")),
            exchange.query("sha256"),
            exchange.query("signature").map(FirmwareRoutes::signature),
            new DeviceFilter(
                exchange.query("profile"),
                exchange.query("things").orElse(""),
                Map.of(),
                exchange.query("from").orElse("")));
    FirmwarePackages packages = rooms.firmware();
    long most = packages.space().largest();
    exchange.reply(201, json(packages.add(draft, out -> exchange.copy(out, most), exchange.who())));
  }

  private static Bytes signature(String text) {
    try {
      String urlSafe = text.replace('+', '-').replace('/', '_').replace(' ', '-');
      return Bytes.wrap(Base64.getUrlDecoder().decode(urlSafe));
    } catch (IllegalArgumentException e) {
      throw Problem.bad("'signature' is not base64");
    }
  }

  private void remove(Exchange exchange) throws IOException, RefusedException {
    String id = find(exchange.path("id")).id();
    boolean unused = rooms.firmware().remove(id);
    exchange.done();
  }

  private static ObjectNode json(FirmwarePackage one) {
    ObjectNode node =
        Json.object()
            .put("id", one.id())
            .put("version", one.version())
            .put("octets", one.octets())
            .put("sha256", one.sha256());
    one.signedBy().ifPresent(key -> node.put("signedBy", key));
    node.set("target", filter(one.target()));
    return node.put("uploaded", one.uploaded().toString()).put("by", one.by());
  }

  /** What is not asked is left out. */
  static ObjectNode filter(DeviceFilter filter) {
    ObjectNode node = Json.object();
    filter.profile().ifPresent(profile -> node.put("profile", profile));
    Optional.of(filter.things())
        .filter(text -> !text.isEmpty())
        .ifPresent(t -> node.put("things", t));
    if (!filter.labels().isEmpty()) {
      node.set("labels", Json.texts(filter.labels()));
    }
    Optional.of(filter.version()).filter(v -> !v.isEmpty()).ifPresent(v -> node.put("version", v));
    return node;
  }
}
