package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.Device;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.History;
import io.patchbay.northbound.Campaigns.Limits;
import io.patchbay.northbound.Campaigns.Pace;
import io.patchbay.northbound.Campaigns.Passage;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.Campaigns.Window;
import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.RefusedException;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/** {@code /campaigns}: firmware on its way to many devices. Whoever may command may stop one. */
final class CampaignRoutes {
  private static final String CAMPAIGNS = "/api/v1/campaigns";
  private static final String ONE = CAMPAIGNS + "/{id}";
  private static final int MOST = 1_000;

  private final Rooms rooms;

  CampaignRoutes(Rooms rooms) {
    this.rooms = rooms;
  }

  List<Route> routes() {
    return List.of(
        Route.get(CAMPAIGNS, Role.VIEWER, "Lists campaigns", "Campaigns", this::list),
        Route.get(ONE, Role.VIEWER, "A campaign", "Campaign", this::get),
        Route.get(
                ONE + "/devices",
                Role.VIEWER,
                "The devices of a campaign, in the order of their turns",
                "CampaignDevices",
                this::devices)
            .asking(
                Route.Parameter.text("state", "Only those in it"),
                Route.Parameter.number("skip", "How many to leave out"),
                Route.Parameter.number("limit", "1 to 1000, 100 when left out")),
        Route.get(
            ONE + "/devices/{thing}",
            Role.VIEWER,
            "A device of a campaign, with its history",
            "CampaignDevice",
            this::device),
        change("POST", CAMPAIGNS, Role.INTEGRATOR, "start", "Begins a campaign", this::start, 201)
            .taking(Route.JSON, "CampaignPlan"),
        change(
            "POST",
            ONE + "/pause",
            Role.OPERATOR,
            "pause",
            "No further device begins or is told to install",
            exchange -> reply(exchange, 200, rooms.campaigns().pause(id(exchange), exchange.who())),
            200),
        change(
            "POST",
            ONE + "/resume",
            Role.OPERATOR,
            "resume",
            "Lets a paused campaign go on",
            exchange ->
                reply(exchange, 200, rooms.campaigns().resume(id(exchange), exchange.who())),
            200),
        change(
            "POST",
            ONE + "/abort",
            Role.OPERATOR,
            "abort",
            "Ends a campaign for all devices that were not told to install",
            exchange -> reply(exchange, 200, rooms.campaigns().abort(id(exchange), exchange.who())),
            200),
        change(
                "POST",
                ONE + "/rollback",
                Role.INTEGRATOR,
                "rollback",
                "Begins a campaign that brings another package to the devices of an ended one",
                this::rollBack,
                201)
            .taking(Route.JSON, "CampaignRollback"),
        Route.act(
            "DELETE",
            ONE,
            Role.INTEGRATOR,
            "campaign.remove",
            "Forgets a campaign that has ended",
            this::remove));
  }

  private static Route change(
      String method,
      String path,
      Role role,
      String act,
      String summary,
      Route.Handler handler,
      int status) {
    return Route.act(method, path, role, "campaign." + act, summary, handler)
        .giving(status, Route.JSON, "Campaign");
  }

  private void list(Exchange exchange) throws IOException, RefusedException {
    ObjectNode body = Json.object();
    ArrayNode all = body.putArray("campaigns");
    Stages.get(rooms.campaigns().list()).forEach(one -> all.add(json(one)));
    exchange.reply(200, body);
  }

  private void get(Exchange exchange) throws IOException, RefusedException {
    exchange.reply(200, json(find(exchange.path("id"))));
  }

  private Campaign find(String id) throws IOException, RefusedException {
    return Stages.get(rooms.campaigns().find(id)).orElseThrow(() -> none(id));
  }

  private static Problem none(String id) {
    return Problem.notFound("no campaign is named '" + id + "'; " + CAMPAIGNS + " lists them");
  }

  /** Of a campaign that is there. */
  private String id(Exchange exchange) throws IOException, RefusedException {
    return find(exchange.path("id")).plan().id();
  }

  private void devices(Exchange exchange) throws IOException, RefusedException {
    Optional<DeviceState> state =
        exchange.query("state").map(text -> Words.parse("state", text, DeviceState.class));
    int skip = (int) exchange.number("skip", 0, 0, Integer.MAX_VALUE);
    int limit = (int) exchange.number("limit", 100, 1, MOST);
    String id = exchange.path("id");
    List<Device> devices =
        Stages.get(rooms.campaigns().devices(id, state, skip, limit)).orElseThrow(() -> none(id));
    ObjectNode body = Json.object();
    ArrayNode all = body.putArray("devices");
    devices.forEach(device -> all.add(json(device)));
    exchange.reply(200, body);
  }

  private static ObjectNode json(Device device) {
    return Json.object()
        .put("thing", device.thing().value())
        .put("state", Words.of(device.state()))
        .put("reason", Words.of(device.reason()))
        .put("detail", device.detail())
        .put("since", device.since().toString())
        .put("before", device.before())
        .put("attempts", device.attempts());
  }

  private void device(Exchange exchange) throws IOException, RefusedException {
    String id = id(exchange);
    String thing = exchange.path("thing");
    Optional<History> found =
        ThingId.valid(thing)
            ? Stages.get(rooms.campaigns().history(id, new ThingId(thing)))
            : Optional.empty();
    History history =
        found.orElseThrow(
            () -> Problem.notFound("'" + thing + "' is not in the campaign '" + id + "'"));
    ObjectNode body = json(history.device());
    ArrayNode all = body.putArray("history");
    for (Passage passage : history.passages()) {
      all.addObject()
          .put("at", passage.at().toString())
          .put("state", Words.of(passage.state()))
          .put("reason", Words.of(passage.reason()))
          .put("detail", passage.detail());
    }
    exchange.reply(200, body);
  }

  private static void reply(Exchange exchange, int status, CompletionStage<Campaign> campaign)
      throws IOException, RefusedException {
    exchange.reply(status, json(Stages.get(campaign)));
  }

  private void start(Exchange exchange) throws IOException, RefusedException {
    Fields body = exchange.fields("id", "firmware", "devices", "pace", "limits");
    Plan plan =
        new Plan(
            body.text("id"),
            body.text("firmware"),
            body.has("devices") ? filter(body) : DeviceFilter.ALL,
            body.has("pace") ? pace(body) : Pace.USUAL,
            body.has("limits") ? limits(body) : Limits.USUAL);
    exchange.concerns(CAMPAIGNS + "/" + plan.id());
    reply(exchange, 201, rooms.campaigns().start(plan, exchange.who()));
  }

  private static DeviceFilter filter(Fields body) {
    Fields fields =
        Fields.of(
            body.node("devices"), "'devices'", List.of("profile", "things", "labels", "version"));
    return new DeviceFilter(
        fields.optionalText("profile"),
        fields.optionalText("things").orElse(""),
        fields.map("labels"),
        fields.optionalText("version").orElse(""));
  }

  private static Pace pace(Fields body) {
    Fields fields =
        Fields.of(
            body.node("pace"),
            "'pace'",
            List.of(
                "canary", "growth", "perMinute", "atOnce", "window", "abortPercent", "abortAfter"));
    Pace usual = Pace.USUAL;
    return new Pace(
        number(fields, "canary", usual.canary()),
        fields.has("growth") ? fields.number("growth") : usual.growth(),
        number(fields, "perMinute", usual.perMinute()),
        number(fields, "atOnce", usual.atOnce()),
        fields.has("window") ? Optional.of(window(fields)) : Optional.empty(),
        number(fields, "abortPercent", usual.abortPercent()),
        number(fields, "abortAfter", usual.abortAfter()));
  }

  private static Window window(Fields pace) {
    Fields fields = Fields.of(pace.node("window"), "'window'", List.of("from", "to", "zone"));
    try {
      return new Window(
          LocalTime.parse(fields.text("from")),
          LocalTime.parse(fields.text("to")),
          ZoneId.of(fields.optionalText("zone").orElse("UTC")));
    } catch (DateTimeException e) {
      throw Problem.bad(
          "'window' is of another form; accepted: {\"from\": \"22:00\", \"to\": \"04:00\","
              + " \"zone\": \"Europe/Berlin\"}");
    }
  }

  private static Limits limits(Fields body) {
    Fields fields =
        Fields.of(
            body.node("limits"),
            "'limits'",
            List.of(
                "contactMinutes",
                "deliveryMinutes",
                "installationMinutes",
                "campaignMinutes",
                "attempts"));
    Limits usual = Limits.USUAL;
    return new Limits(
        minutes(fields, "contactMinutes", usual.contact()),
        minutes(fields, "deliveryMinutes", usual.delivery()),
        minutes(fields, "installationMinutes", usual.installation()),
        minutes(fields, "campaignMinutes", usual.campaign()),
        number(fields, "attempts", usual.attempts()));
  }

  private static Duration minutes(Fields fields, String key, Duration usual) {
    return fields.has(key) ? Duration.ofMinutes(number(fields, key, 0)) : usual;
  }

  private static int number(Fields fields, String key, int usual) {
    long value = fields.has(key) ? fields.integer(key) : usual;
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, value));
  }

  private void rollBack(Exchange exchange) throws IOException, RefusedException {
    Fields body = exchange.fields("id", "firmware");
    String id = id(exchange);
    String next = body.text("id");
    exchange.concerns(CAMPAIGNS + "/" + id + "/rollback/" + next);
    reply(
        exchange, 201, rooms.campaigns().rollBack(id, next, body.text("firmware"), exchange.who()));
  }

  private void remove(Exchange exchange) throws IOException, RefusedException {
    boolean unused = Stages.get(rooms.campaigns().remove(id(exchange)));
    exchange.done();
  }

  private static ObjectNode json(Campaign one) {
    ObjectNode node = Json.object();
    node.put("id", one.plan().id());
    node.put("firmware", one.plan().firmware());
    node.put("version", one.version());
    node.put("state", Words.of(one.state()));
    node.put("detail", one.detail());
    node.put("by", one.by());
    node.put("started", one.started().toString());
    one.ended().ifPresent(at -> node.put("ended", at.toString()));
    one.rollbackOf().ifPresent(id -> node.put("rollbackOf", id));
    node.put("wave", one.wave());
    node.put("admitted", one.admitted());
    node.put("devices", one.devices());
    ObjectNode counts = node.putObject("counts");
    new TreeMap<>(one.counts()).forEach((state, count) -> counts.put(Words.of(state), count));
    ObjectNode reasons = node.putObject("reasons");
    new TreeMap<>(one.reasons()).forEach((reason, count) -> reasons.put(Words.of(reason), count));
    ObjectNode plan = node.putObject("plan");
    plan.set("devices", FirmwareRoutes.filter(one.plan().devices()));
    plan.set("pace", json(one.plan().pace()));
    Limits limits = one.plan().limits();
    plan.putObject("limits")
        .put("contactMinutes", limits.contact().toMinutes())
        .put("deliveryMinutes", limits.delivery().toMinutes())
        .put("installationMinutes", limits.installation().toMinutes())
        .put("campaignMinutes", limits.campaign().toMinutes())
        .put("attempts", limits.attempts());
    return node;
  }

  private static ObjectNode json(Pace pace) {
    ObjectNode node =
        Json.object()
            .put("canary", pace.canary())
            .put("growth", pace.growth())
            .put("perMinute", pace.perMinute())
            .put("atOnce", pace.atOnce());
    pace.window()
        .ifPresent(
            window ->
                node.putObject("window")
                    .put("from", window.from().toString())
                    .put("to", window.to().toString())
                    .put("zone", window.zone().getId()));
    return node.put("abortPercent", pace.abortPercent()).put("abortAfter", pace.abortAfter());
  }
}
