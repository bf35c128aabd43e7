package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.serial.Cable;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections and units, over TCP and over a serial cable. */
final class BusTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration TIMEOUT = Duration.ofMillis(100);

  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final Buses buses = new Buses(hub);
  private final FakeUnits units = new FakeUnits();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    units.close();
    for (AutoCloseable one : open) {
      one.close();
    }
    buses.stop();
    hub.close();
    await()
        .atMost(SOON)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("patchbay-modbus")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "serial"})
  void neverTakesALateAnswerForAnothers(String kind) throws Exception {
    connect(kind);
    Random late = new Random(1);
    units.thinking = number -> Duration.ofMillis(late.nextInt(8) == 0 ? 60 + late.nextInt(200) : 0);
    Random random = new Random(2);
    int answered = 0;
    int lost = 0;
    Instant end = Instant.now().plusSeconds(60);
    while ((answered < 150 || lost < 5) && Instant.now().isBefore(end)) {
      int unit = 1 + random.nextInt(4);
      Span span = holding(random.nextInt(1_500), 1 + random.nextInt(3));
      Reply reply = get(unit(unit).ask(Ask.read(span), soon(), 1));
      if (reply instanceof Reply.Answered one) {
        assertThat(one.said()).isEqualTo(new Ask.Said.Data(holds(unit, span)));
        answered++;
      } else if (((Reply.Lost) reply).asked()) {
        lost++;
      }
    }
    assertThat(answered).isGreaterThanOrEqualTo(150);
    assertThat(lost).isGreaterThanOrEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "serial"})
  void aDeadUnitCostsOneTimeoutPerProbeAndComesBack(String kind) throws Exception {
    connect(kind);
    units.silent.add(5);
    Unit dead = unit(5);
    for (int i = 0; i < 50; i++) {
      assertThat(get(dead.ask(Ask.read(holding(i, 10)), soon(), 1))).isInstanceOf(Reply.Lost.class);
      assertThat(get(unit(1).ask(Ask.read(holding(i, 10)), soon(), 1)))
          .isInstanceOf(Reply.Answered.class);
    }
    // the request that was lost, and two probes at once; the next only after a second
    assertThat(units.asked.stream().filter(one -> one.unit() == 5).map(FakeUnits.Asked::count))
        .containsExactly(10, 1, 2);
    assertThat(hub.offers())
        .anySatisfy(
            offer ->
                assertThat(offer.uplinks())
                    .anySatisfy(
                        uplink -> {
                          assertThat(uplink.thing().value()).isEqualTo("unit-5");
                          assertThat(((Uplink.StatusChange) uplink).status())
                              .isEqualTo(Status.OFFLINE);
                        }));
    units.silent.clear();
    await()
        .atMost(SOON)
        .until(() -> get(dead.ask(Ask.read(holding(7, 10)), soon(), 1)) instanceof Reply.Answered);
  }

  @Test
  void manyRequestsLostInOnePauseAreOneSilence() throws Exception {
    connect("tcp");
    Unit slow = unit(1);
    assertThat(get(slow.ask(Ask.read(holding(0, 1)), soon(), 4)))
        .isInstanceOf(Reply.Answered.class);
    // one pause, longer than the time a unit has, with four requests under way
    units.thinking = number -> Duration.ofMillis(number == 1 ? 150 : 0);
    List<CompletionStage<Reply>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(slow.ask(Ask.read(holding(i, 1)), soon(), 4));
    }
    for (CompletionStage<Reply> one : all) {
      get(one);
    }
    assertThat(get(slow.ask(Ask.read(holding(9, 3)), soon(), 4)))
        .isInstanceOf(Reply.Answered.class);
    assertThat(hub.offers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "serial"})
  void aUnitThatAnswersLateIsNotTakenForDead(String kind) throws Exception {
    connect(kind);
    Unit slow = unit(1);
    // every answer comes 50 ms after its time: nothing is ever in time, and yet it lives
    units.thinking = number -> TIMEOUT.plusMillis(50);
    for (int i = 0; i < 12; i++) {
      assertThat(get(slow.ask(Ask.read(holding(i, 1 + i % 3)), soon(), 1)))
          .isInstanceOf(Reply.Lost.class);
      await().pollDelay(Duration.ofMillis(120)).until(() -> true);
    }
    units.thinking = number -> Duration.ZERO;
    assertThat(get(slow.ask(Ask.read(holding(5, 2)), soon(), 1)))
        .isInstanceOf(Reply.Answered.class);
    assertThat(hub.offers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "serial"})
  void whatIsRefusedIsHalvedAndTheResultRemembered(String kind) throws Exception {
    connect(kind);
    units.illegal.addAll(Set.of(20, 21, 40));
    Limits limits = new Limits(0, 125, List.of(), 1);
    List<Span> wanted = new ArrayList<>();
    for (int i = 0; i < 60; i += 2) {
      if (i != 20) {
        wanted.add(holding(i, 1));
      }
    }
    Reading first = get(Reading.of(unit(1), wanted, limits, soon(), false));
    for (Span span : wanted) {
      if (span.address() == 40) {
        assertThat(first.piece(span)).isEmpty();
      } else {
        assertThat(first.piece(span).orElseThrow().octets()).isEqualTo(holds(1, span));
      }
    }
    assertThat(first.failure().orElseThrow().reason()).isEqualTo(Reason.REFUSED);
    // what is known to be refused is left out, and the rest is soon read as whole as it can be
    for (int round = 0; round < 3; round++) {
      assertThat(get(Reading.of(unit(1), wanted, limits, soon(), false)).piece(holding(58, 1)))
          .isPresent();
    }
    units.asked.clear();
    Reading later = get(Reading.of(unit(1), wanted, limits, soon(), false));
    assertThat(later.piece(holding(58, 1))).isPresent();
    assertThat(units.asked).hasSizeLessThanOrEqualTo(3);
    assertThat(units.asked)
        .noneMatch(one -> one.address() <= 40 && 40 < one.address() + one.count());
  }

  @Test
  void learnsHowMuchADeviceGivesAtOnce() throws Exception {
    connect("tcp");
    units.most = 32;
    List<Span> wanted = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      wanted.add(holding(i, 1));
    }
    Limits limits = new Limits(0, -1, List.of(), 1);
    for (int round = 0; round < 2; round++) {
      Reading reading = get(Reading.of(unit(1), wanted, limits, soon(), false));
      assertThat(wanted).allMatch(span -> reading.piece(span).isPresent());
    }
    units.asked.clear();
    get(Reading.of(unit(1), wanted, limits, soon(), false));
    assertThat(units.asked).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "serial"})
  void aWriteGoesBeforeReadsThatWait(String kind) throws Exception {
    connect(kind);
    assertThat(get(unit(1).ask(Ask.read(holding(1, 1)), soon(), 1)))
        .isInstanceOf(Reply.Answered.class);
    units.asked.clear();
    units.thinking = number -> Duration.ofMillis(20);
    List<CompletionStage<Reply>> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(unit(1).ask(Ask.read(holding(i, 1)), soon(), 1));
    }
    all.add(unit(2).ask(Ask.writeRegister(3, 4), soon(), 1));
    for (CompletionStage<Reply> one : all) {
      assertThat(get(one)).isInstanceOf(Reply.Answered.class);
    }
    List<Integer> functions = units.asked.stream().map(FakeUnits.Asked::function).toList();
    assertThat(functions.indexOf(6)).isLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void asksNoMoreAtOnceThanIsAllowed(int inFlight) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Runnable closing =
          buses.configure("plc", "tcp://127.0.0.1:" + server.getLocalPort(), SOON, Duration.ZERO);
      for (int i = 0; i < 8; i++) {
        unit("modbus://plc", 1).ask(Ask.read(holding(i, 1)), soon(), inFlight);
      }
      try (Socket socket = server.accept()) {
        InputStream in = socket.getInputStream();
        // a request of Modbus TCP that reads has 12 octets
        await().atMost(SOON).until(() -> in.available() >= 12 * inFlight);
        await()
            .during(Duration.ofMillis(300))
            .atMost(SOON)
            .until(() -> in.available() == 12 * inFlight);
      }
      closing.run();
    }
  }

  @Test
  void garbageOverTcpEndsTheConnectionAndItHeals() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      buses.configure("plc", "tcp://127.0.0.1:" + server.getLocalPort(), SOON, Duration.ZERO);
      CompletionStage<Reply> reply =
          unit("modbus://plc", 1).ask(Ask.read(holding(1, 1)), soon(), 1);
      try (Socket socket = server.accept()) {
        socket.getInputStream().readNBytes(12);
        socket
            .getOutputStream()
            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(get(reply))
            .isInstanceOfSatisfying(
                Reply.Lost.class, lost -> assertThat(lost.reason()).isEqualTo(Reason.UNREACHABLE));
      }
      server.accept().close();
    }
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(hub.presences().stream().map(RecordingUplinkPort.Presence::status))
                    .contains(Status.ONLINE, Status.OFFLINE));
  }

  @Test
  void garbageOnTheLineIsPassedOver() throws Exception {
    connect("serial");
    Random random = new Random(3);
    units.noise =
        number -> {
          byte[] noise = new byte[random.nextInt(30)];
          random.nextBytes(noise);
          return noise;
        };
    for (int i = 0; i < 100; i++) {
      Span span = holding(random.nextInt(1_000), 1 + random.nextInt(20));
      assertThat(get(unit(2).ask(Ask.read(span), soon(), 1)))
          .isInstanceOfSatisfying(
              Reply.Answered.class,
              one -> assertThat(one.said()).isEqualTo(new Ask.Said.Data(holds(2, span))));
    }
  }

  @Test
  void survivesThatTheAdapterIsUnpluggedTwentyTimes() throws Exception {
    Cable cable = connect("serial").orElseThrow();
    Random random = new Random(4);
    int answered = 0;
    Set<String> threads = new HashSet<>();
    for (int round = 0; round < 20; round++) {
      CompletableFuture<Void> pulled =
          CompletableFuture.runAsync(
              () -> {
                try {
                  cable.unplug();
                  cable.plug();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      boolean heals = false;
      Instant end = Instant.now().plus(SOON);
      while (!(heals && pulled.isDone()) && Instant.now().isBefore(end)) {
        int unit = 1 + random.nextInt(3);
        Span span = holding(random.nextInt(1_000), 1 + random.nextInt(20));
        Reply reply = get(unit(unit).ask(Ask.read(span), soon(), 1));
        heals = reply instanceof Reply.Answered;
        if (reply instanceof Reply.Answered one) {
          assertThat(one.said()).isEqualTo(new Ask.Said.Data(holds(unit, span)));
          answered++;
        }
      }
      assertThat(heals).isTrue();
      pulled.get(20, TimeUnit.SECONDS);
      Thread.getAllStackTraces().keySet().stream()
          .map(Thread::getName)
          .filter(name -> name.startsWith("patchbay-"))
          .forEach(threads::add);
    }
    assertThat(answered).isGreaterThanOrEqualTo(20);
    // line and link; the units' own end of the cable; clock, answers and the hub of the test
    assertThat(threads).hasSizeLessThanOrEqualTo(8);
  }

  private Optional<Cable> connect(String kind) throws Exception {
    if (kind.equals("tcp")) {
      int port = units.listen(0);
      buses.configure("line", "tcp://127.0.0.1:" + port, TIMEOUT, Duration.ZERO);
      return Optional.empty();
    }
    Cable cable = Cable.plugged();
    open.add(cable);
    units.sit(cable.device());
    buses.configure("line", "serial:" + cable.hub() + "?baud=115200", TIMEOUT, Duration.ZERO);
    await()
        .atMost(SOON)
        .until(
            () -> get(unit(30).ask(Ask.read(holding(0, 1)), soon(), 1)) instanceof Reply.Answered);
    units.asked.clear();
    return Optional.of(cable);
  }

  private Unit unit(int unit) {
    return unit("modbus://line", unit);
  }

  private Unit unit(String base, int unit) {
    return buses
        .contact(
            new Thing(new ThingId("unit-" + unit), URI.create(base), "any", Map.of(), Map.of()),
            unit)
        .unit();
  }

  private static Bytes holds(int unit, Span span) {
    byte[] words = new byte[2 * span.count()];
    for (int i = 0; i < span.count(); i++) {
      int word = FakeUnits.holds(unit, span.address() + i);
      words[2 * i] = (byte) (word >> 8);
      words[2 * i + 1] = (byte) word;
    }
    return Bytes.wrap(words);
  }

  private static Span holding(int address, int count) {
    return new Span(Table.HOLDING, address, count);
  }

  private static Instant soon() {
    return Instant.now().plus(SOON);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
