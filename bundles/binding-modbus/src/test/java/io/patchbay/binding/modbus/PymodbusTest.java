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
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All that the binding does, against pymodbus. */
final class PymodbusTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "rtu"})
  void readsAndWritesAllThatAFormCanSay(String kind) throws Exception {
    try (Cable cable = Cable.plugged();
        RecordingUplinkPort hub = new RecordingUplinkPort()) {
      int port = freePort();
      Process peer = peer(kind, kind.equals("tcp") ? "" + port : cable.device());
      PlainContexts contexts = new PlainContexts(hub, Map.of());
      Buses buses = new Buses(hub);
      buses.configure(
          "line",
          kind.equals("tcp") ? "tcp://127.0.0.1:" + port : "serial:" + cable.hub() + "?baud=115200",
          Duration.ofSeconds(1),
          Duration.ZERO);
      ModbusBinding binding = new ModbusBinding(PlainContexts.NO_BUNDLE, contexts, buses);
      try {
        Hub hubSide = new Hub(contexts);
        await()
            .atMost(SOON)
            .until(() -> hubSide.send(read(Map.of("x", "address=1"))) instanceof Answer.Frames);
        check(hubSide);
      } finally {
        binding.stop();
        buses.stop();
        peer.destroyForcibly();
      }
    }
  }

  private static void check(Hub hub) throws Exception {
    assertThat(
            hub.values(
                Map.of(
                    "a", "address=3",
                    "b", "address=100 type=uint32",
                    "c", "address=7 table=input unit=2",
                    "d", "address=3 table=coil",
                    "e", "address=4 table=discrete",
                    "f", "address=0 table=identification",
                    "g", "address=2 table=identification")))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "a", "0803",
                "b", "08640865",
                "c", "1007",
                "d", "01",
                "e", "00",
                "f", HexFormat.of().formatHex("Acme".getBytes(StandardCharsets.US_ASCII)),
                "g", HexFormat.of().formatHex("1.2".getBytes(StandardCharsets.US_ASCII))));
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
    writes(hub, "address=14 bits=4-7", "0050", "085e");
    writes(hub, "address=14 bits=4-7 write=modify readBack=true", "0060", "086e");
    writes(hub, "address=16 write=exchange", "0007", "0007");
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

  private static Process peer(String kind, String where) throws Exception {
    Path script = Path.of(PymodbusTest.class.getResource("/pymodbus-units.py").toURI());
    return new ProcessBuilder("/usr/bin/python3", script.toString(), kind, where)
        .inheritIO()
        .start();
  }

  private static int freePort() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
