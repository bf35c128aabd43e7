package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.serial.Cable;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.Wire;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All that the binding does, against what others have made. */
final class PeersTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  /** Where npm lays down what it installs. */
  private static final Path MODULES = Path.of("target", "peers", "node_modules").toAbsolutePath();

  /**
   * A server of somebody else's.
   *
   * @param second a unit that can be told from the first
   * @param identifies whether it knows function 43/14
   * @param masks whether it knows 22 and 23
   */
  private record Peer(
      String name,
      boolean tcp,
      int second,
      boolean identifies,
      boolean masks,
      List<String> command) {
    @Override
    public String toString() {
      return name + (tcp ? " over TCP" : " over RTU");
    }
  }

  static List<Peer> peers() throws Exception {
    String python = resource("/pymodbus-units.py");
    String libmodbus = libmodbus();
    modbusSerial();
    return List.of(
        new Peer("pymodbus", true, 2, true, true, List.of("/usr/bin/python3", python, "tcp")),
        new Peer("pymodbus", false, 2, true, true, List.of("/usr/bin/python3", python, "rtu")),
        new Peer("libmodbus", true, 2, false, true, List.of(libmodbus, "tcp")),
        new Peer("libmodbus", false, 1, false, true, List.of(libmodbus, "rtu")),
        new Peer(
            "modbus-serial",
            true,
            2,
            true,
            false,
            List.of("node", resource("/modbus-serial-units.js"))));
  }

  @ParameterizedTest
  @MethodSource("peers")
  void readsAndWritesAllThatAFormCanSay(Peer peer) throws Exception {
    try (Cable cable = Cable.plugged();
        RecordingUplinkPort hub = new RecordingUplinkPort()) {
      int port = freePort();
      Process process = start(peer, peer.tcp() ? "" + port : cable.device());
      PlainContexts contexts = new PlainContexts(hub, Map.of());
      Buses buses = new Buses(hub);
      buses.configure(
          "line",
          peer.tcp() ? "tcp://127.0.0.1:" + port : "serial:" + cable.hub() + "?baud=115200",
          Duration.ofSeconds(1),
          Duration.ZERO);
      ModbusBinding binding = new ModbusBinding(PlainContexts.NO_BUNDLE, contexts, buses);
      try {
        Hub hubSide = new Hub(contexts);
        await()
            .atMost(SOON)
            .until(() -> hubSide.send(read(Map.of("x", "address=1"))) instanceof Answer.Frames);
        check(hubSide, peer);
      } finally {
        binding.stop();
        buses.stop();
        process.destroyForcibly();
      }
    }
  }

  private static void check(Hub hub, Peer peer) throws Exception {
    assertThat(
            hub.values(
                Map.of(
                    "a", "address=3",
                    "b", "address=100 type=uint32",
                    "c", "address=7 table=input unit=" + peer.second(),
                    "d", "address=3 table=coil",
                    "e", "address=4 table=discrete")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "a", "0803",
                "b", "08640865",
                "c", peer.second() == 2 ? "1007" : "0807",
                "d", "01",
                "e", "00"));
    if (peer.identifies()) {
      assertThat(
              hub.values(
                  Map.of(
                      "f", "address=0 table=identification",
                      "g", "address=2 table=identification")))
          .isEqualTo(
              Map.of(
                  "f", HexFormat.of().formatHex("Acme".getBytes(StandardCharsets.US_ASCII)),
                  "g", HexFormat.of().formatHex("1.2".getBytes(StandardCharsets.US_ASCII))));
    }
    // beyond the 2,000 registers there are: exception 02, and its neighbours are read all the same
    assertThat(hub.values(Map.of("a", "address=1999", "b", "address=2005")))
        .isEqualTo(Map.of("a", "0fcf"));
    assertThat(hub.send(read(Map.of("b", "address=2005"))))
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> {
              assertThat(failed.reason()).isEqualTo(Outcome.Reason.REFUSED);
              assertThat(failed.detail()).contains("exception 02");
            });
    writes(hub, "address=10", "1234", "1234");
    writes(hub, "address=11 write=multiple", "4321", "4321");
    writes(hub, "address=12 type=uint32 readBack=true", "00010002", "00010002");
    if (peer.masks()) {
      writes(hub, "address=14 bits=4-7", "0050", "085e");
      writes(hub, "address=16 write=exchange", "0007", "0007");
    }
    writes(hub, "address=14 bits=4-7 write=modify readBack=true", "0060", "086e");
    writes(hub, "table=coil address=21", "00", "00");
    writes(hub, "table=coil address=22 write=multiple readBack=true", "01", "01");
  }

  private static void writes(Hub hub, String terms, String payload, String expected)
      throws Exception {
    assertThat(hub.send(write(terms, payload))).isInstanceOf(Answer.Frames.class);
    String reading = terms.replaceAll(" (write|readBack|bits)=[^ ]*", "");
    assertThat(hub.values(Map.of("x", reading))).isEqualTo(Map.of("x", expected));
  }

  private record Hub(PlainContexts contexts) {
    Answer send(Request request) throws Exception {
      return contexts
          .downlink()
          .send(request)
          .toCompletableFuture()
          .get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    Map<String, String> values(Map<String, String> forms) throws Exception {
      Map<String, String> values = new TreeMap<>();
      for (Frame frame : ((Answer.Frames) send(read(forms))).frames()) {
        values.put(
            frame.target().orElseThrow().property(),
            HexFormat.of().formatHex(frame.payload().toArray()));
      }
      return values;
    }
  }

  private static Request read(Map<String, String> forms) {
    Map<String, Wire> wires = new HashMap<>();
    forms.forEach((name, terms) -> wires.put(name, wire(terms, Op.READ, Optional.empty())));
    return new Request(
        CommandId.fresh(),
        new Command.Read(THING.id(), List.copyOf(forms.keySet()), Instant.now().plusSeconds(3)),
        THING,
        wires);
  }

  private static Request write(String terms, String hex) {
    Bytes payload = Bytes.wrap(HexFormat.of().parseHex(hex));
    return new Request(
        CommandId.fresh(),
        new Command.Write(THING.id(), "x", new Value.Int(0), Instant.now().plusSeconds(3)),
        THING,
        Map.of("x", wire(terms, Op.WRITE, Optional.of(payload))));
  }

  private static Wire wire(String text, Op op, Optional<Bytes> payload) {
    Map<String, String> terms = new HashMap<>();
    for (String term : text.split(" ", -1)) {
      int equals = term.indexOf('=');
      terms.put(term.substring(0, equals), term.substring(equals + 1));
    }
    return new Wire(new Form("modbus", Set.of(op), "", terms), "", terms, payload);
  }

  private static final Thing THING =
      new Thing(new ThingId("meter"), URI.create("modbus://line"), "meter", Map.of(), Map.of());

  private static String resource(String name) throws Exception {
    return Path.of(PeersTest.class.getResource(name).toURI()).toString();
  }

  private static String libmodbus() throws Exception {
    Path binary = Path.of("target", "libmodbus-units").toAbsolutePath();
    run("cc", "-Wall", "-o", binary.toString(), resource("/libmodbus-units.c"), "-lmodbus");
    return binary.toString();
  }

  private static void modbusSerial() throws Exception {
    if (!Files.exists(MODULES.resolve("modbus-serial"))) {
      run(
          "npm",
          "install",
          "--no-audit",
          "--no-fund",
          "--omit=optional",
          "--ignore-scripts",
          "--prefix",
          MODULES.resolveSibling("").toString(),
          "modbus-serial@8.0.25");
    }
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
  }

  private static Process start(Peer peer, String where) throws Exception {
    List<String> command = new ArrayList<>(peer.command());
    command.add(where);
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("NODE_PATH", MODULES.toString());
    return builder.start();
  }

  private static int freePort() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
