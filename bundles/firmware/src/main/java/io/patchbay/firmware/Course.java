package io.patchbay.firmware;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.History;
import io.patchbay.northbound.Campaigns.Passage;
import io.patchbay.northbound.Campaigns.Plan;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A campaign: its plan, its devices, and its log, which every change is written to. */
final class Course {
  private static final String KIND = "k";
  private static final int THINGS_PER_LINE = 1_000;

  /**
   * What is fixed when a campaign begins.
   *
   * @param firmware as it was then
   * @param token that lets devices pull the image, a secret
   * @param rollbackOf id of the campaign that it takes back, empty for none
   */
  record Header(
      Plan plan,
      FirmwarePackage firmware,
      String token,
      String by,
      Instant started,
      String rollbackOf) {}

  private final Header header;
  private final Path file;
  private final List<Run> runs = new ArrayList<>();
  private final Map<DeviceState, Integer> counts = new EnumMap<>(DeviceState.class);
  private final CampaignLog log;
  private State state = State.RUNNING;
  private String detail = "";
  private Optional<Instant> ended = Optional.empty();
  private int wave = 1;
  private int admitted;

  /** When the next device may begin. */
  Instant nextStart = Instant.MIN;

  /** Devices before this one have had their turn. */
  int turn;

  /** What to do when the log is durable. */
  final List<Runnable> effects = new ArrayList<>();

  /** Whose state has changed since the log was durable last. */
  final List<Run> moved = new ArrayList<>();

  private final Map<ThingId, Run> byThing = new HashMap<>();
  private final Steps steps;

  private Course(Path file, Opening opening) throws IOException {
    this.file = file;
    Header found = opening.header;
    if (found == null) {
      throw new IOException(
          file.getFileName() + " has no readable first line; restore it or remove it");
    }
    header = found;
    for (String thing : opening.things) {
      Run run = new Run(runs.size(), new ThingId(thing), found.started());
      runs.add(run);
      byThing.put(run.thing, run);
    }
    steps = new Steps(this);
    log =
        CampaignLog.open(
            file,
            (entry, at) -> {
              if (!Opening.has(entry)) {
                Records.read(() -> change(entry, at));
              }
            });
    recount();
  }

  /** What a log begins with. */
  private static final class Opening implements CampaignLog.Reader {
    private static final String CAMPAIGN = "campaign";
    private static final String THINGS = "things";

    private @Nullable Header header;
    private final List<String> things = new ArrayList<>();

    static boolean has(JsonNode entry) {
      String kind = entry.path(KIND).asText();
      return kind.equals(CAMPAIGN) || kind.equals(THINGS);
    }

    @Override
    public void read(JsonNode entry, long at) throws IOException {
      switch (entry.path(KIND).asText()) {
        case CAMPAIGN -> header = header(entry);
        case THINGS -> entry.path("ids").forEach(id -> things.add(id.asText()));
        default -> {}
      }
    }
  }

  /** Writes a new campaign, in which nothing has happened yet. */
  static Course begin(Path file, Header header, List<ThingId> things) throws IOException {
    CampaignLog.create(file, opening(header, things));
    return load(file);
  }

  static Course load(Path file) throws IOException {
    Opening opening = new Opening();
    CampaignLog.read(file, opening);
    return new Course(file, opening);
  }

  private static List<ObjectNode> opening(Header header, List<ThingId> things) {
    List<ObjectNode> entries = new ArrayList<>();
    ObjectNode first = Records.object().put(KIND, Opening.CAMPAIGN);
    first.set("plan", Records.json(header.plan()));
    first.set("firmware", Records.json(header.firmware()));
    first.put("token", header.token());
    first.put("by", header.by());
    first.put("at", header.started().toString());
    first.put("rollbackOf", header.rollbackOf());
    entries.add(first);
    for (int i = 0; i < things.size(); i += THINGS_PER_LINE) {
      ObjectNode line = Records.object().put(KIND, Opening.THINGS);
      ArrayNode ids = line.putArray("ids");
      things
          .subList(i, Math.min(things.size(), i + THINGS_PER_LINE))
          .forEach(thing -> ids.add(thing.value()));
      entries.add(line);
    }
    return entries;
  }

  private static Header header(JsonNode entry) throws IOException {
    Plan plan = Records.plan(entry.path("plan"));
    FirmwarePackage firmware = Records.firmware(entry.path("firmware"));
    return Records.read(
        () ->
            new Header(
                plan,
                firmware,
                Records.text(entry, "token"),
                Records.text(entry, "by"),
                Records.time(entry, "at"),
                Records.text(entry, "rollbackOf")));
  }

  private JsonNode change(JsonNode entry, long line) {
    Instant at = Records.time(entry, "at");
    String words = entry.path("t").asText();
    if (Records.text(entry, KIND).equals("d")) {
      int index = Records.need(entry, "d").asInt(-1);
      if (index < 0 || index >= runs.size()) {
        throw new IllegalArgumentException("there is no device " + index);
      }
      Run run = runs.get(index);
      run.state = DeviceState.valueOf(Records.text(entry, "s"));
      run.reason = Reason.valueOf(Records.text(entry, "w"));
      run.detail = words;
      run.since = at;
      run.before = entry.path("b").asText();
      run.attempts = entry.path("n").asInt();
      run.breaks = entry.path("m").asInt();
      run.rested = entry.has("p") ? Records.time(entry, "p") : Instant.MIN;
      run.noted(line);
    } else {
      state = State.valueOf(Records.text(entry, "s"));
      detail = words;
      wave = entry.path("wave").asInt(1);
      ended = state.ended() ? Optional.of(at) : Optional.empty();
      if (state == State.ABORTING || state == State.ABORTED) {
        stopAll(at, line);
      }
    }
    return entry;
  }

  private void recount() {
    counts.clear();
    admitted = sumOfWaves();
    turn = 0;
    for (Run run : runs) {
      counts.merge(run.state, 1, Integer::sum);
      if (run.state != DeviceState.WAITING) {
        turn = Math.max(turn, run.index + 1);
      }
    }
  }

  // ---- what it is

  String id() {
    return header.plan().id();
  }

  Header header() {
    return header;
  }

  Steps steps() {
    return steps;
  }

  /** Whether a thing is in it and has not ended. */
  boolean has(ThingId thing) {
    Run run = byThing.get(thing);
    return run != null && !run.state.ended();
  }

  State state() {
    return state;
  }

  List<Run> runs() {
    return runs;
  }

  int count(DeviceState of) {
    return counts.getOrDefault(of, 0);
  }

  /** Devices that have ended. */
  int over() {
    int sum = 0;
    for (Map.Entry<DeviceState, Integer> each : counts.entrySet()) {
      sum += each.getKey().ended() ? each.getValue() : 0;
    }
    return sum;
  }

  /** Devices of this wave and those before. */
  int admitted() {
    return admitted;
  }

  private int sumOfWaves() {
    double sum = 0;
    double size = header.plan().pace().canary();
    for (int i = 1; i <= wave && sum < runs.size(); i++) {
      sum += Math.ceil(size);
      size *= header.plan().pace().growth();
    }
    return (int) Math.min(sum, runs.size());
  }

  /** Those behind the present wave have not begun. */
  boolean waveOver() {
    return over() >= admitted;
  }

  /** Whether devices may begin and be told to install. */
  boolean open(Instant now) {
    return state == State.RUNNING
        && header.plan().pace().window().map(window -> window.contains(now)).orElse(true);
  }

  Campaign shown() {
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    for (Run run : runs) {
      if (run.reason != Reason.NONE) {
        reasons.merge(run.reason, 1, Integer::sum);
      }
    }
    return new Campaign(
        header.plan(),
        header.firmware().version(),
        state,
        detail,
        header.by(),
        header.started(),
        ended,
        wave,
        admitted(),
        runs.size(),
        counts,
        reasons,
        header.rollbackOf().isEmpty() ? Optional.empty() : Optional.of(header.rollbackOf()));
  }

  /** A device's way through it, as the log has it; empty when it is in none. */
  Optional<History> history(ThingId thing) throws IOException {
    Run run = byThing.get(thing);
    if (run == null) {
      return Optional.empty();
    }
    List<Passage> passages = new ArrayList<>();
    for (long line : run.lines()) {
      Optional<JsonNode> entry = log.at(line);
      if (entry.isPresent()) {
        passages.add(Records.read(() -> passage(entry.get())));
      }
    }
    return Optional.of(new History(run.shown(), passages));
  }

  private static Passage passage(JsonNode entry) {
    String words = entry.path("t").asText();
    Instant at = Records.time(entry, entry.has("on") ? "on" : "at");
    return Records.text(entry, KIND).equals("d")
        ? new Passage(
            at,
            DeviceState.valueOf(Records.text(entry, "s")),
            Reason.valueOf(Records.text(entry, "w")),
            words)
        : new Passage(at, DeviceState.STOPPED, Reason.ABORTED, words);
  }

  // ---- what changes it

  /** A device's next state. What was known of it but not kept begins anew. */
  void enter(Run run, DeviceState next, Reason reason, String words, Instant now)
      throws IOException {
    counts.computeIfPresent(run.state, (of, count) -> count == 1 ? null : count - 1);
    counts.merge(next, 1, Integer::sum);
    if (run.state != next) {
      run.told = false;
      run.contradicted = null;
      run.trouble = Reason.NONE;
      run.asks = 0;
      run.since = now;
      moved.add(run);
    }
    run.state = next;
    run.reason = reason;
    run.detail = words;
    run.next = next.ended() ? Instant.MAX : now;
    ObjectNode entry = entry(run);
    if (!run.since.equals(now)) {
      entry.put("on", now.toString());
    }
    run.noted(log.append(entry));
  }

  private static ObjectNode entry(Run run) {
    ObjectNode entry =
        Records.object()
            .put(KIND, "d")
            .put("d", run.index)
            .put("s", run.state.name())
            .put("w", run.reason.name())
            .put("t", run.detail)
            .put("at", run.since.toString())
            .put("b", run.before)
            .put("n", run.attempts);
    if (run.breaks > 0) {
      entry.put("m", run.breaks).put("p", run.rested.toString());
    }
    return entry;
  }

  void nextWave(Instant now) throws IOException {
    wave++;
    admitted = sumOfWaves();
    log.append(entry(now));
  }

  void become(State next, String words, Instant now) throws IOException {
    state = next;
    detail = words;
    ended = next.ended() ? Optional.of(now) : Optional.empty();
    long line = log.append(entry(now));
    if (next == State.ABORTING) {
      stopAll(now, line);
      recount();
    }
  }

  private ObjectNode entry(Instant at) {
    return Records.object()
        .put(KIND, "c")
        .put("s", state.name())
        .put("t", detail)
        .put("wave", wave)
        .put("at", at.toString());
  }

  /** One line of the log says this of all of them. */
  private void stopAll(Instant now, long line) {
    for (Run run : runs) {
      if (!run.state.ended() && !run.committed()) {
        run.state = DeviceState.STOPPED;
        run.reason = Reason.ABORTED;
        run.since = now;
        moved.add(run);
        run.next = Instant.MAX;
        run.noted(line);
      }
    }
  }

  void force() throws IOException {
    log.force();
  }

  /** Fails while the disk takes nothing. */
  void probe(Instant now) throws IOException {
    log.append(entry(now));
    log.force();
  }

  Path file() {
    return file;
  }

  void close() {
    log.close();
  }
}
