package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.southbound.Answer;
import io.patchbay.store.Recorded;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Thing;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against npm's coap, both ways. libcoap's client is in the other tests. */
final class PeersTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Path MODULES = Path.of("target", "peers", "node_modules").toAbsolutePath();

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeStore store = new FakeStore();
  private final int port = Requests.freePort();
  private final int devicePort = Requests.freePort();
  private final Thing thing = Requests.thing("coap://127.0.0.1:" + devicePort);
  private final PlainContexts contexts = new PlainContexts(hub, Map.of());
  private final Map<String, Uplink.Reading> latest = new ConcurrentHashMap<>();
  private final List<Process> started = new ArrayList<>();
  private CoapBinding binding;

  PeersTest() throws Exception {}

  @BeforeEach
  void start() throws Exception {
    install();
    binding =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            Requests.settings("127.0.0.1", port, -1, 8_192),
            () -> () -> {},
            contexts,
            hub,
            Requests.twin(thing, latest),
            Map::of,
            store,
            store,
            store);
    binding.changed(Set.of(Requests.interest("tele/{device}/value", "text/plain")));
    await().atMost(LIMIT).until(() -> binding.port() == port);
  }

  @AfterEach
  void stop() throws Exception {
    started.forEach(Process::destroyForcibly);
    binding.stop();
    hub.close();
  }

  private static void install() throws Exception {
    if (Files.exists(MODULES.resolve("coap"))) {
      return;
    }
    Process process =
        new ProcessBuilder(
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--omit=optional",
                "--ignore-scripts",
                "--prefix",
                MODULES.resolveSibling("").toString(),
                "coap@1.5.0")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  /** What it says, line by line, as it comes. */
  private List<String> node(Object... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("node"));
    command.add(Path.of(PeersTest.class.getResource("/npm-coap.js").toURI()).toString());
    for (Object word : words) {
      command.add(word.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("NODE_PATH", MODULES.toString());
    Process process = builder.start();
    started.add(process);
    List<String> said = new CopyOnWriteArrayList<>();
    Thread reader =
        new Thread(
            () ->
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .lines()
                    .forEach(said::add),
            "npm-coap");
    reader.setDaemon(true);
    reader.start();
    return said;
  }

  @Test
  void postsAndIsToldTheTruth() throws Exception {
    List<String> refused = node("post", port, "/nobody/here", "1");
    await().atMost(LIMIT).until(() -> !refused.isEmpty());
    assertThat(refused.get(0)).startsWith("4.04").contains("nobody/here");

    List<String> taken = node("post", port, "/tele/n1/value", "21.5");
    await().atMost(LIMIT).until(() -> !taken.isEmpty());
    assertThat(taken.get(0)).startsWith("2.04");
    assertThat(hub.offers()).hasSize(1);
  }

  @Test
  void observesTheHub() throws Exception {
    says(1);
    List<String> heard = node("observe", port, "/things/dev/properties/value");
    await().atMost(LIMIT).until(() -> heard.size() == 1);
    says(2);
    await().atMost(LIMIT).until(() -> heard.get(heard.size() - 1).contains("\"v\":2,"));
  }

  private void says(long value) {
    Instant now = Instant.ofEpochMilli(1_700_000_000_000L);
    Uplink.Reading reading =
        new Uplink.Reading(
            Requests.THING,
            "value",
            new Value.Int(value),
            "",
            now,
            TimeSource.HUB,
            now,
            Quality.GOOD);
    latest.put("value", reading);
    store.publish(new Recorded(1, "test@1", reading));
  }

  @Test
  void isReadAndWritten() throws Exception {
    List<String> said = node("serve", devicePort);
    await().atMost(LIMIT).until(() -> said.contains("ready"));

    Answer written =
        contexts
            .downlink()
            .send(Requests.write(thing, "state", "7", Instant.now().plusSeconds(10)))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(written).isEqualTo(new Answer.Frames(List.of()));
    Answer read =
        contexts
            .downlink()
            .send(Requests.read(thing, "state", Instant.now().plusSeconds(10)))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(read)
        .isInstanceOfSatisfying(
            Answer.Frames.class,
            frames -> assertThat(frames.frames().get(0).payload().text()).isEqualTo("7"));
  }
}
