package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.prove.FirmwareDevice.Digest;
import io.patchbay.itests.prove.FirmwareDevice.Flaw;
import io.patchbay.itests.prove.FirmwareDevice.Make;
import io.patchbay.itests.prove.FirmwareDevice.Way;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.eclipse.leshan.client.object.Security;

/**
 * A fleet of LwM2M devices, of versions 1.0 and 1.1, with keys and with certificates, a third of
 * them in queue mode, pushed to and pulling over CoAP, CoAPS and HTTP, a twentieth failing in each
 * way, gets new firmware while the hub is killed: each ends in the right state with the right
 * reason, none is updated twice, none counts as updated that runs the old image. A second campaign,
 * most of whose devices fail, is aborted meanwhile at its threshold.
 */
final class FirmwareProof {
  private static final int SERVER = 123;
  private static final int EACH = 20;
  private static final int IMAGE_OCTETS = 48 << 10;
  private static final int HTTP_PORT = 8080;
  private static final int PORT = 5683;
  private static final int SECURE_PORT = 5684;
  private static final String BAD = "bad-";
  private static final String FLEET = "meter-";

  /** So named that none of the canaries of the short form boots the old image: that is a minute. */
  private static final String CAMPAIGN = "winter";

  private final Path data;
  private final Path keys;
  private final int offset = RunningHub.freeOffset();
  private final Random random = new Random(5);
  private final Findings findings = new Findings();
  private final List<FirmwareDevice> devices = new ArrayList<>();
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(32);
  private int certified;
  private int open;
  private RunningHub hub;

  private FirmwareProof(Path data) throws IOException, InterruptedException, TimeoutException {
    this.data = data;
    keys = Files.createTempDirectory("patchbay-prove-keys");
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=customer"
            + " -keyout customer.key -out customer.pem");
    issue("hub");
    openssl("pkcs12 -export -name hub -inkey hub.key -in hub.pem -out hub.p12 -passout pass:opens");
    hub = start();
  }

  static Proof run(Path data, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    FirmwareProof proof = new FirmwareProof(data);
    int rounds = terms.rounds(1, 3);
    int things = terms.things(40, 200);
    try {
      proof.play(things, rounds, terms.seconds(300, 1_200));
    } finally {
      proof.close();
    }
    long updated = proof.findings.figure("updated");
    return new Proof(
        rounds,
        things,
        updated,
        updated,
        updated,
        0,
        proof.findings.figure("updatedTwice"),
        0,
        0,
        0,
        proof.findings.figures(),
        proof.findings.problems());
  }

  private RunningHub start() throws IOException, InterruptedException, TimeoutException {
    String binding = "io.patchbay.binding.lwm2m:";
    return RunningHub.start(
        data,
        offset,
        "io.patchbay.firmware:downloads=http://127.0.0.1:" + (HTTP_PORT + offset),
        binding + "unsecured=meter-open-*",
        binding + "awakeSeconds=4",
        binding + "trust=" + keys.resolve("customer.pem"),
        binding + "keystore=" + keys.resolve("hub.p12"),
        binding + "keystorePassword=opens");
  }

  private void play(int things, int kills, int seconds)
      throws IOException, InterruptedException, TimeoutException {
    long begun = System.nanoTime();
    long end = begun + TimeUnit.SECONDS.toNanos(seconds);
    byte[] image = new byte[IMAGE_OCTETS];
    random.nextBytes(image);
    upload(image);
    Digest digest = Digest.of(image);
    for (int i = 0; i < things; i++) {
      Way way = way(i);
      devices.add(device(FLEET + (way == Way.COAP ? "open-" : "") + i, i, way, flaw(i), digest));
    }
    for (int i = 0; i < things / 4; i++) {
      Flaw flaw = i % 4 == 3 ? Flaw.NONE : Flaw.BAD_SIGNATURE;
      devices.add(device(BAD + i, i, Way.PUSH, flaw, digest));
    }
    devices.forEach(FirmwareDevice::start);
    findings.figure("certificates", certified);
    findings.figure("withoutDtls", open);
    until("all have registered", end, () -> registered() == devices.size());
    findings.figure("registeredAfterMs", (System.nanoTime() - begun) / 1_000_000);
    begin(
        CAMPAIGN,
        FLEET,
        "{\"canary\":%d,\"growth\":100,\"perMinute\":300,\"atOnce\":60,\"abortPercent\":60}"
            .formatted(things / 5));
    begin(
        "threshold",
        BAD,
        "{\"canary\":6,\"growth\":2,\"perMinute\":600,\"abortPercent\":20,\"abortAfter\":4}");
    for (int kill = 1; kill <= kills; kill++) {
      int some = things * kill / (kills + 1) / 2;
      until("so many have ended: " + some, end, () -> ended(CAMPAIGN) >= some);
      hub.kill();
      hub.close();
      hub = start();
    }
    until("the campaign has ended", end, () -> state(CAMPAIGN).equals("done"));
    findings.figure("campaignMs", (System.nanoTime() - begun) / 1_000_000);
    judge();
    until("it is aborted", end, () -> state("threshold").equals("aborted"));
    judgeThreshold();
  }

  /** A twentieth fails in each way. */
  private static Flaw flaw(int number) {
    Flaw[] all = Flaw.values();
    int place = number % EACH;
    return place % 4 == 1 && place / 4 + 1 < all.length ? all[place / 4 + 1] : Flaw.NONE;
  }

  /** Three of five are pushed to; each way is there with each flaw, and without. */
  private static Way way(int number) {
    return switch ((number * 7 + number / EACH * 3) % 10) {
      case 6, 7 -> Way.HTTP;
      case 8 -> Way.COAPS;
      case 9 -> Way.COAP;
      default -> Way.PUSH;
    };
  }

  private FirmwareDevice device(String endpoint, int number, Way way, Flaw flaw, Digest image)
      throws IOException, InterruptedException {
    String address = "coaps://127.0.0.1:" + (SECURE_PORT + offset);
    byte[] key = new byte[16];
    random.nextBytes(key);
    Security security;
    if (way == Way.COAP) {
      security = Security.noSec("coap://127.0.0.1:" + (PORT + offset), SERVER);
      open++;
    } else if (number % 4 == 0 && way != Way.COAPS) {
      issue(endpoint);
      security =
          Security.x509(
              address, SERVER, der(endpoint + ".pem"), der(endpoint + ".key"), der("hub.pem"));
      certified++;
    } else {
      String hex = "hex:" + HexFormat.of().formatHex(key);
      answer(
          "PUT /api/v1/secrets/lwm2m-psk." + endpoint,
          hub.send(
              hub.request("/api/v1/secrets/lwm2m-psk." + endpoint)
                  .header("Content-Type", "application/json")
                  .PUT(BodyPublishers.ofString("{\"secret\":\"" + hex + "\"}"))));
      security = Security.psk(address, SERVER, endpoint.getBytes(StandardCharsets.UTF_8), key);
    }
    ImagePull pull =
        switch (way) {
          case PUSH, HTTP -> ImagePull.http();
          case COAP -> ImagePull.coap();
          case COAPS -> ImagePull.coaps(endpoint, key);
        };
    boolean old = number / 4 % 2 == 0;
    return new FirmwareDevice(
        new Make(endpoint, security, old, number % 3 == 0, way, pull, flaw, image), threads);
  }

  private void upload(byte[] image) throws IOException, InterruptedException {
    String path = "/api/v1/firmware/meter-2?version=" + FirmwareDevice.NEW;
    answer(
        "PUT " + path,
        hub.send(
            hub.request(path)
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(image))));
  }

  private void begin(String id, String prefix, String pace)
      throws IOException, InterruptedException {
    String plan =
        ("{\"id\":\"%s\",\"firmware\":\"meter-2\",\"devices\":{\"things\":\"%s*\"},\"pace\":%s,"
                + "\"limits\":{\"contactMinutes\":10,\"deliveryMinutes\":10,\"installationMinutes\":5}}")
            .formatted(id, prefix, pace);
    answer(
        "POST /api/v1/campaigns",
        hub.send(
            hub.request("/api/v1/campaigns")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(plan))));
  }

  private static void answer(String what, HttpResponse<String> response) throws IOException {
    if (response.statusCode() / 100 != 2) {
      throw new IOException(what + " answers " + response.statusCode() + ": " + response.body());
    }
  }

  private long registered() throws IOException, InterruptedException {
    long all = 0;
    for (JsonNode thing : new Api(hub).get("/api/v1/things?limit=1000").get("things")) {
      String id = thing.get("id").asText();
      all += id.startsWith(FLEET) || id.startsWith(BAD) ? 1 : 0;
    }
    return all;
  }

  private JsonNode campaign(String id) throws IOException, InterruptedException {
    return new Api(hub).get("/api/v1/campaigns/" + id);
  }

  private String state(String id) throws IOException, InterruptedException {
    return campaign(id).get("state").asText();
  }

  private int ended(String id) throws IOException, InterruptedException {
    JsonNode counts = campaign(id).get("counts");
    return counts.path("updated").asInt()
        + counts.path("failed").asInt()
        + counts.path("skipped").asInt();
  }

  private Map<String, JsonNode> devicesOf(String id) throws IOException, InterruptedException {
    Map<String, JsonNode> all = new TreeMap<>();
    new Api(hub)
        .get("/api/v1/campaigns/" + id + "/devices?limit=1000")
        .get("devices")
        .forEach(device -> all.put(device.get("thing").asText(), device));
    return all;
  }

  private JsonNode history(String thing) throws IOException, InterruptedException {
    return new Api(hub).get("/api/v1/campaigns/" + CAMPAIGN + "/devices/" + thing).get("history");
  }

  private static String word(JsonNode node, String key) {
    return node.path(key).asText().toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
  }

  private void judge() throws IOException, InterruptedException {
    Map<String, JsonNode> told = devicesOf(CAMPAIGN);
    long updated = 0;
    long twice = 0;
    long resumed = 0;
    long attempts = 0;
    for (FirmwareDevice device : devices) {
      if (!device.make().endpoint().startsWith(FLEET)) {
        continue;
      }
      JsonNode said = told.get(device.make().endpoint());
      if (said == null) {
        findings.expect(false, device.make().endpoint() + " is not in the campaign");
        continue;
      }
      String state = word(said, "state");
      String reason = word(said, "reason");
      boolean counts = state.equals("updated");
      updated += counts ? 1 : 0;
      Make make = device.make();
      resumed += device.resumes() > 0 ? 1 : 0;
      attempts += said.path("attempts").asLong();
      findings.count(make.old() ? "lwm2m10" : "lwm2m11");
      findings.count(make.way().name().toLowerCase(Locale.ROOT));
      findings.expect(
          make.flaw() != Flaw.CUT_WHILE_DOWNLOADING
              || make.way() == Way.PUSH
              || device.resumes() > 0,
          make.endpoint() + " did not go on in the middle of its image");
      twice += device.installs() > 1 ? 1 : 0;
      findings.expect(
          counts == device.running().equals(FirmwareDevice.NEW),
          device.make().endpoint() + " runs " + device.running() + " and is " + said);
      findings.expect(
          right(device.make().flaw(), state, reason),
          device.make() + " ends as " + said + history(device.make().endpoint()));
    }
    findings.figure("updated", updated);
    findings.figure("updatedTwice", twice);
    findings.figure("resumedInTheMiddle", resumed);
    findings.figure("deliveriesCountedAsBroken", attempts);
    findings.figure("failed", campaign(CAMPAIGN).get("counts").path("failed").asLong());
  }

  private static boolean right(Flaw flaw, String state, String reason) {
    return switch (flaw) {
      case NONE, CUT_WHILE_DOWNLOADING -> state.equals("updated");
      // object 5 has one result for both: integrity check failure (appendix E.6)
      case BAD_SIGNATURE -> state.equals("failed") && reason.equals("badchecksum");
      case OUT_OF_MEMORY -> state.equals("failed") && reason.equals("outofmemory");
      case CUT_WHILE_UPDATING ->
          state.equals("failed")
              && (reason.equals("installinterrupted") || reason.equals("installfailed"));
      case BOOTS_THE_OLD -> state.equals("failed") && reason.equals("oldimage");
    };
  }

  /** Nobody beyond the second wave was told anything. */
  private void judgeThreshold() throws IOException, InterruptedException {
    long failed = 0;
    long stopped = 0;
    Map<String, JsonNode> told = devicesOf("threshold");
    for (JsonNode one : told.values()) {
      failed += word(one, "state").equals("failed") ? 1 : 0;
      stopped += word(one, "state").equals("stopped") ? 1 : 0;
    }
    findings.figure("thresholdFailed", failed);
    findings.figure("thresholdStopped", stopped);
    findings.expect(
        failed >= 1 && failed <= 6 && stopped > 0,
        "of " + told.size() + " devices " + failed + " failed before it was aborted");
    for (FirmwareDevice device : devices) {
      boolean stopping =
          told.containsKey(device.make().endpoint())
              && word(told.get(device.make().endpoint()), "state").equals("stopped");
      findings.expect(
          !stopping || device.installs() == 0,
          device.make().endpoint() + " installed although it was stopped");
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private void until(String what, long end, Condition condition)
      throws IOException, InterruptedException, TimeoutException {
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new TimeoutException(what + ": not in time; " + hub.get("/api/v1/campaigns").body());
      }
      TimeUnit.MILLISECONDS.sleep(500);
    }
  }

  private void issue(String subject) throws IOException, InterruptedException {
    Files.writeString(
        keys.resolve("names"), "subjectAltName=IP:127.0.0.1\nkeyUsage=digitalSignature\n");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%1$s -keyout %1$s.key -out %1$s.csr"
            .formatted(subject));
    openssl(
        "x509 -req -days 2 -CA customer.pem -CAkey customer.key -CAcreateserial -extfile names -in %1$s.csr -out %1$s.pem"
            .formatted(subject));
  }

  private void openssl(String words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(words.split(" ")));
    Path said = keys.resolve("openssl.txt");
    Process process =
        new ProcessBuilder(command)
            .directory(keys.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("openssl " + words + ": " + Files.readString(said));
    }
  }

  private byte[] der(String pem) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<String> lines = Files.lines(keys.resolve(pem))) {
      lines.filter(line -> !line.startsWith("-----")).forEach(text::append);
    }
    return Base64.getDecoder().decode(text.toString());
  }

  private void close() throws IOException {
    devices.parallelStream().forEach(FirmwareDevice::close);
    threads.shutdownNow();
    hub.close();
    try (Stream<Path> files = Files.list(keys)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(keys);
  }
}
