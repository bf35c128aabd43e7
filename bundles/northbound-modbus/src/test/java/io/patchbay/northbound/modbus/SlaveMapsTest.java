package io.patchbay.northbound.modbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.operation.Health;
import io.patchbay.profile.DataSchema;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Outcome.Reason;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Value;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Maps in a folder, and what masters are answered. */
final class SlaveMapsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String MAP =
      """
      points:
        - { address: 0, thing: meter, property: temperature, type: int16, scale: 0.1, absent: 0x8000 }
        - { address: 2, thing: meter, property: energy, type: float32, order: CDAB }
        - { address: 10, thing: meter, property: setpoint, type: int16, scale: 0.5, access: rw }
        - { address: 11, thing: meter, property: mode, values: { off: 0, heating: 2 }, access: rw }
        - { address: 20, thing: meter, property: name, type: string, length: 4 }
        - { table: input, address: 5, thing: meter, property: count, type: uint32, unit: 7 }
        - { table: coil, address: 0, thing: meter, property: switch, access: rw }
        - { table: coil, address: 1, thing: meter, property: lamp }
        - { table: coil, address: 9, thing: meter, property: fan, access: rw }
      """;

  @TempDir Path data = Path.of(".");
  private final FakeHub hub = new FakeHub();
  private SlaveMaps maps = maps(0);

  private SlaveMaps maps(int port) {
    return new SlaveMaps(
        data,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        2,
        new Slave(hub.things, hub, hub, Slave.TARGET_SILENT, Duration.ofSeconds(1)));
  }

  @BeforeEach
  void fill() {
    maps = maps(0);
    hub.set("temperature", DataSchema.Type.NUMBER, new Value.Num(-21.55), Quality.GOOD);
    hub.set("energy", DataSchema.Type.NUMBER, new Value.Num(230.5), Quality.GOOD);
    hub.set("setpoint", DataSchema.Type.NUMBER, new Value.Num(21.5), Quality.GOOD);
    hub.set("mode", DataSchema.Type.STRING, new Value.Text("heating"), Quality.GOOD);
    hub.set("name", DataSchema.Type.STRING, new Value.Text("Kühl"), Quality.GOOD);
    hub.set("count", DataSchema.Type.INTEGER, new Value.Int(4_000_000_000L), Quality.GOOD);
    hub.set("switch", DataSchema.Type.BOOLEAN, new Value.Bool(true), Quality.GOOD);
    hub.set("lamp", DataSchema.Type.BOOLEAN, new Value.Bool(false), Quality.GOOD);
    hub.set("fan", DataSchema.Type.BOOLEAN, new Value.Bool(true), Quality.GOOD);
  }

  @AfterEach
  void stop() {
    maps.stop();
    await()
        .atMost(SOON)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("patchbay-modbus-slave")));
  }

  private Path put(String name, String text) throws IOException {
    Path file = data.resolve("modbus").resolve(name);
    Files.createDirectories(data.resolve("modbus"));
    Files.writeString(file, text);
    assertThat(maps.canHandle(file.toFile())).isTrue();
    maps.install(file.toFile());
    return file;
  }

  private String problem() {
    return maps.checks().stream()
        .filter(check -> check.state() != Health.State.OK)
        .map(Health.Check::message)
        .findFirst()
        .orElse("");
  }

  private static byte[] frame(int transaction, int unit, String pdu) {
    byte[] octets = HexFormat.of().parseHex(pdu.replace(" ", ""));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) (transaction >> 8), (byte) transaction, 0, 0, 0});
    out.write(octets.length + 1);
    out.write(unit);
    out.writeBytes(octets);
    return out.toByteArray();
  }

  private static String answer(Socket socket, int unit, String pdu) throws IOException {
    socket.getOutputStream().write(frame(0x1234, unit, pdu));
    DataInputStream in = new DataInputStream(socket.getInputStream());
    assertThat(in.readUnsignedShort()).isEqualTo(0x1234);
    assertThat(in.readUnsignedShort()).isZero();
    byte[] rest = new byte[in.readUnsignedShort() - 1];
    assertThat(in.readUnsignedByte()).isEqualTo(unit);
    in.readFully(rest);
    return HexFormat.of().formatHex(rest);
  }

  private String ask(int unit, String pdu) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), maps.port())) {
      socket.setSoTimeout((int) SOON.toMillis());
      String answer = answer(socket, unit, pdu);
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).as("the hub closes, too").isEqualTo(-1);
      return answer;
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | modbus/a.yaml: error: empty",
        "'points: 3' | modbus/a.yaml:1: error: 'points' must be a list",
        "'dots: []' | modbus/a.yaml:1: error: key 'dots' is not known; accepted: points",
        "'points:\n- { address: 0, thing: meter }' | modbus/a.yaml:2: error: 'property' is missing",
        "'points:\n- { address: 0, property: x }' | modbus/a.yaml:2: error: 'thing' is missing",
        "'points:\n- { thing: meter, property: x }' | modbus/a.yaml:2: error: 'address' is missing",
        "'points:\n- address: 70000\n  thing: m\n  property: x'"
            + " | modbus/a.yaml:2: error: address must be 0 to 65535, not 70000",
        "'points:\n- { address: 0, thing: meter, property: x,\n    type: int24 }'"
            + " | modbus/a.yaml:3: error: type 'int24' is not known; accepted: uint16, int16",
        "'points:\n- { address: 0, thing: meter, property: x, table: coil, type: int16 }'"
            + " | modbus/a.yaml:2: error: type is for holding and input",
        "'points:\n- { address: 0, thing: meter, property: x, table: input, access: rw }'"
            + " | modbus/a.yaml:2: error: only a coil or a holding register is written",
        "'points:\n- { address: 0, thing: meter, property: x, scale: 0 }'"
            + " | modbus/a.yaml:2: error: scale must be a number other than 0",
        "'points:\n- { address: 0, thing: m, property: x, type: float32 }\n"
            + "- { address: 1, thing: m, property: y }'"
            + " | modbus/a.yaml:3: error: unit 1 holding 1 is taken by x of m (unit 1 holding 0-1)",
        "'points: [' | modbus/a.yaml:1: error: not YAML",
      })
  void aMapThatIsWrongIsRefusedWithItsLine(String text, String message) throws Exception {
    put("a.yaml", text);

    assertThat(problem()).startsWith(message);
    assertThat(maps.port()).isZero();
  }

  @Test
  void whatWasInServiceStaysWhenAFileIsSpoiltAndGoesWithIt() throws Exception {
    Path file = put("a.yaml", MAP);
    int port = maps.port();
    put("b.yaml", "points:\n- { address: 3, thing: m, property: x }\n");
    assertThat(problem()).startsWith("modbus/b.yaml:2: error: unit 1 holding 3 is taken by energy");
    put("a.yaml", MAP.replace("int16", "int17"));
    assertThat(ask(1, "03 0000 0001")).isEqualTo("0302ff28");

    put(
        "a.yaml",
        MAP.replace(
            "address: 0, thing: meter, property: temperature",
            "address: 50, thing: meter, property: temperature"));
    assertThat(maps.port()).isEqualTo(port);
    assertThat(ask(1, "03 0032 0001")).isEqualTo("0302ff28");

    maps.uninstall(file.toFile());
    assertThat(maps.port()).isZero();
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> new Socket(InetAddress.getLoopbackAddress(), port).close()))
        .isInstanceOf(ConnectException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 03 0000 0001, 0302ff28", // -21.55 / 0.1 = -215.5, to even
    "1, 03 0000 0004, 0308ff28000080004366", // what lies between points is 0; CDAB
    "1, 03 0003 0001, 03024366", // half of a float
    "1, 03 000b 0001, 03020002",
    "1, 03 0014 0004, 03084bc3bc686c000000",
    "7, 04 0005 0002, 0404ee6b2800",
    "1, 01 0000 000a, 01020102",
    "1, 01 0009 0001, 010101",
  })
  void readsAreAnsweredFromTheLatestValues(int unit, String request, String answer)
      throws Exception {
    put("a.yaml", MAP);

    assertThat(ask(unit, request)).isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 03 0100 0001, 8302", // no point at all
    "1, 02 0000 0001, 8202",
    "9, 03 0000 0001, 830b", // no such unit
    "1, 03 0000 0000, 8303",
    "1, 03 0000 007e, 8303",
    "1, 03 ffff 0002, 8302",
    "1, 03 0000, 8303",
    "1, 2b 0e04, ab01",
    "1, 05 0000 1234, 8503",
    "1, 05 0001 ff00, 8502", // not to be written
    "1, 06 0000 0001, 8602",
    "1, 10 000a 0002 03 000000, 9003",
    "1, 10 000a 0003 06 000000000000, 9002", // goes beyond what there is
    "1, 06 000b 0007, 8603", // stands for no text
    "1, 16 000a 0000, 9603",
    "1, 16 0000 0000 0000, 9602", // not to be written
    "1, 16 0003 0000 0000, 9602", // half of a float
    "1, 17 000a 0001 000a 0001 02 00, 9703",
    "1, 17 000a 007e 000a 0001 02 002b, 9703",
    "1, 17 0100 0001 000a 0001 02 002b, 9702", // what cannot be read afterwards is not written
    "1, 17 000a 0001 0000 0001 02 002b, 9702",
  })
  void whatCannotBeIsRefusedAndNothingIsSent(int unit, String request, String answer)
      throws Exception {
    put("a.yaml", MAP);

    assertThat(ask(unit, request)).isEqualTo(answer);
    assertThat(hub.writes).isEmpty();
  }

  @Test
  void aValueThatIsMissingOrStaleIsNotMadeUp() throws Exception {
    put("a.yaml", MAP);
    hub.set("temperature", DataSchema.Type.NUMBER, new Value.Num(5), Quality.STALE);
    hub.set("energy", DataSchema.Type.NUMBER, new Value.Num(5), Quality.STALE);
    hub.latest.remove("switch");

    assertThat(ask(1, "03 0000 0001")).isEqualTo("03028000");
    assertThat(ask(1, "03 0002 0002")).isEqualTo("830b");
    assertThat(ask(1, "01 0000 0001")).isEqualTo("810b");
    // more than the register can hold is no value either
    hub.set("setpoint", DataSchema.Type.NUMBER, new Value.Num(1e6), Quality.GOOD);
    assertThat(ask(1, "03 000a 0001")).isEqualTo("830b");
  }

  @Test
  void aWriteIsACommandAndAnsweredWhenThatHasEnded() throws Exception {
    put("a.yaml", MAP);
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    hub.outcome = outcome;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), maps.port())) {
      socket.getOutputStream().write(frame(1, 1, "10 000a 0002 04 002b 0002"));
      await().atMost(SOON).until(() -> hub.writes.size() == 2);
      assertThat(hub.writes.get(0).value()).isEqualTo(new Value.Num(21.5));
      assertThat(hub.writes.get(1).value()).isEqualTo(new Value.Text("heating"));
      assertThat(socket.getInputStream().available()).isZero();
      outcome.complete(new Outcome.Done(List.of()));
      assertThat(HexFormat.of().formatHex(socket.getInputStream().readNBytes(12)))
          .isEqualTo("000100000006" + "01" + "10000a0002");
    }
    assertThat(ask(1, "05 0000 0000")).isEqualTo("0500000000");
    assertThat(hub.writes.get(2).value()).isEqualTo(new Value.Bool(false));
    assertThat(ask(1, "0f 0009 0001 01 01")).isEqualTo("0f00090001");
  }

  @Test
  void bitsAreChangedInWhatThePointIsAndInWhatWasJustWritten() throws Exception {
    put("a.yaml", MAP);

    // 21.5 is 43, 0x2b; bit 2 comes, bit 3 goes, and bit 6 is not meant
    assertThat(ask(1, "16 000a fff3 0044")).isEqualTo("16000afff30044");
    assertThat(hub.writes.get(0).value()).isEqualTo(new Value.Num(0x27 / 2.0));
    // the device has not said yet what it holds
    assertThat(ask(1, "16 000a fffe 0000")).isEqualTo("16000afffe0000");
    assertThat(hub.writes.get(1).value()).isEqualTo(new Value.Num(0x26 / 2.0));

    hub.set("setpoint", DataSchema.Type.NUMBER, new Value.Num(8), Quality.GOOD);
    assertThat(ask(1, "16 000a ffff 0000")).isEqualTo("16000affff0000");
    assertThat(hub.writes.get(2).value()).isEqualTo(new Value.Num(8));
    hub.latest.remove("setpoint");
    assertThat(ask(1, "16 000a ffff 0000")).isEqualTo("960b");
    assertThat(ask(1, "16 000b ffff 0000")).isEqualTo("16000bffff0000");
    assertThat(hub.writes.get(3).value()).isEqualTo(new Value.Text("heating"));
  }

  @Test
  void whatIsWrittenAndReadInOneIsWrittenFirst() throws Exception {
    put("a.yaml", MAP);
    hub.confirms = true;

    assertThat(ask(1, "17 0000 000c 000a 0002 04 0010 0000"))
        .isEqualTo("1718ff28" + "0000" + "80004366" + "0000".repeat(6) + "00100000");
    assertThat(hub.writes).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(Reason.class)
  void aCommandThatFailedIsSaidByAnException(Reason reason) throws Exception {
    put("a.yaml", MAP);
    hub.outcome = CompletableFuture.completedStage(new Outcome.Failed(reason, "no"));

    assertThat(ask(1, "06 000a 002b")).isEqualTo("860" + Integer.toHexString(Slave.code(reason)));
  }

  @Test
  void aCommandThatDoesNotEndIsGivenUp() throws Exception {
    put("a.yaml", MAP);
    hub.outcome = new CompletableFuture<>();

    assertThat(ask(1, "06 000a 002b")).isEqualTo("860b");
  }

  @Test
  void garbageAndTooManyMastersAreTurnedAway() throws Exception {
    put("a.yaml", MAP);
    List<Socket> open = new ArrayList<>();
    try (Socket garbage = new Socket(InetAddress.getLoopbackAddress(), maps.port())) {
      garbage.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      garbage.setSoTimeout((int) SOON.toMillis());
      assertThat(closed(garbage)).isTrue();
      for (int i = 0; i < 2; i++) {
        Socket one = new Socket(InetAddress.getLoopbackAddress(), maps.port());
        open.add(one);
        assertThat(answer(one, 1, "01 0000 0001")).isEqualTo("010101");
      }
      try (Socket tooMany = new Socket(InetAddress.getLoopbackAddress(), maps.port())) {
        tooMany.setSoTimeout((int) SOON.toMillis());
        assertThat(closed(tooMany)).isTrue();
      }
      assertThat(answer(open.get(0), 1, "01 0000 0001")).isEqualTo("010101");
    } finally {
      for (Socket one : open) {
        one.close();
      }
    }
  }

  /** An end, or a reset. */
  private static boolean closed(Socket socket) {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketException reset) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void mbpollReadsAndWrites() throws Exception {
    put("a.yaml", MAP);

    assertThat(mbpoll("-t", "4:float", "-r", "3", "-1")).contains("230.5");
    assertThat(mbpoll("-a", "7", "-t", "3:int", "-B", "-r", "6", "-1")).contains("[6]:");
    assertThat(mbpoll("-t", "0", "-r", "1", "-c", "2", "-1")).containsPattern("\\[1\\]:\\s+1");
    assertThat(mbpoll("-t", "4", "-r", "11", "-1", "--", "43")).doesNotContain("failed");
    assertThat(hub.writes).hasSize(1);
    assertThat(hub.writes.get(0).value()).isEqualTo(new Value.Num(21.5));
  }

  private String mbpoll(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("mbpoll", "-m", "tcp", "-p", "" + maps.port()));
    List<String> values = new ArrayList<>();
    boolean value = false;
    for (String word : words) {
      value |= word.equals("--");
      (value ? values : command).add(word);
    }
    command.add("127.0.0.1");
    values.stream().filter(word -> !word.equals("--")).forEach(command::add);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return said;
  }
}
