package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents.Document;
import io.patchbay.profile.Profile;
import io.patchbay.profiles.media.StandardMediaTypes;
import io.patchbay.southbound.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShelfTest {
  @TempDir Path root = Path.of(".");
  private final List<Map<String, Profile>> told = new ArrayList<>();
  private Path base = Path.of(".");
  private Path hot = Path.of(".");

  @BeforeEach
  void folders() throws IOException {
    base = Files.createDirectories(root.resolve("home/device-profiles"));
    hot = Files.createDirectories(root.resolve("data/device-profiles"));
  }

  private Shelf shelf() throws IOException {
    Shelf shelf =
        new Shelf(base, hot, root.resolve("data/state/profiles"), Texts.check(), told::add);
    shelf.load();
    return shelf;
  }

  private static Path write(Path file, String text) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    return Files.writeString(file, text);
  }

  private static String unit(Shelf shelf, String id) {
    Profile profile = shelf.current().get(id);
    return profile == null
        ? "none"
        : profile.properties().entrySet().stream()
            .filter(e -> e.getKey().equals("power"))
            .map(e -> e.getValue().schema().unit())
            .findFirst()
            .orElse("none");
  }

  private static Document document(Shelf shelf, String id) {
    return shelf.documents(false).stream().filter(d -> d.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void whatWasRefusedForWantOfItsProtocolIsInServiceWhenThatComes() throws IOException {
    List<Protocol> installed = new CopyOnWriteArrayList<>();
    ProfileCheck check =
        new ProfileCheck(new StandardMediaTypes(), scheme -> installed.stream().findFirst());
    Shelf shelf = new Shelf(base, hot, root.resolve("data/state/profiles"), check, told::add);
    shelf.load();
    String text =
        """
        id: plug
        title: Plug
        thing: "{device}"
        match: [ { protocol: line, line: "{device}/power" } ]
        properties:
          power: { type: number, unit: W, forms: [ { protocol: line, line: "{device}/power", mediaType: text/plain } ] }
        """;
    shelf.offer(write(hot.resolve("mine.yaml"), text));
    assertThat(document(shelf, "plug").state()).isEqualTo("refused");

    shelf.reconsider();
    assertThat(document(shelf, "plug").state()).isEqualTo("refused");

    installed.add(new TopicProtocol("line", "line"));
    shelf.reconsider();
    assertThat(shelf.refusals()).isEmpty();
    assertThat(document(shelf, "plug").state()).isEqualTo("active");
    assertThat(unit(shelf, "plug")).isEqualTo("W");
    assertThat(told.get(told.size() - 1)).containsKey("plug");
  }

  @Test
  void aBrokenFileLeavesThePreviousInService() throws IOException {
    Shelf shelf = shelf();
    Path file = write(hot.resolve("mine.yaml"), Texts.plug("plug", "W"));
    shelf.offer(file);
    String version = document(shelf, "plug").version();
    int calls = told.size();

    write(file, "id: plug\ntitle: [");
    shelf.offer(file);

    assertThat(unit(shelf, "plug")).isEqualTo("W");
    assertThat(told).hasSize(calls);
    Document document = document(shelf, "plug");
    assertThat(document.state()).isEqualTo("refused");
    assertThat(document.version()).isEqualTo(version);
    assertThat(document.findings().get(0).toString()).startsWith("device-profiles/mine.yaml:");
    assertThat(shelf.text("plug")).contains(Texts.plug("plug", "W"));

    write(file, Texts.plug("plug", "kW"));
    shelf.offer(file);
    assertThat(unit(shelf, "plug")).isEqualTo("kW");
    assertThat(document(shelf, "plug").state()).isEqualTo("active");
  }

  @Test
  void thePreviousStaysInServiceOverARestart() throws IOException {
    Path file = write(hot.resolve("sub/mine.yaml"), Texts.plug("plug", "W"));
    shelf().offer(file);
    write(file, Texts.plug("plug", "Watt"));
    Shelf again = shelf();
    assertThat(unit(again, "plug")).isEqualTo("W");
    assertThat(document(again, "plug").findings()).anyMatch(f -> f.line() == 9);
    assertThat(again.refusals()).isNotEmpty();
  }

  @Test
  void anExampleThatFailsRefusesTheFile() throws IOException {
    Shelf shelf = shelf();
    shelf.offer(
        write(
            hot.resolve("a.yaml"),
            Texts.PLUG.replace("readings: { power: 5 }", "readings: { power: 6 }")));
    assertThat(shelf.current()).isEmpty();
    assertThat(document(shelf, "plug").state()).isEqualTo("refused");
    assertThat(shelf.text("plug")).isPresent();
  }

  @Test
  void anIdCanBeGivenOnce() throws IOException {
    Shelf shelf = shelf();
    Path first = write(hot.resolve("a.yaml"), Texts.plug("plug", "W"));
    Path second = write(hot.resolve("b.yaml"), Texts.plug("plug", "kW"));
    shelf.offer(first);
    shelf.offer(second);
    assertThat(unit(shelf, "plug")).isEqualTo("W");
    assertThat(document(shelf, "plug").findings())
        .anyMatch(f -> f.message().contains("taken by device-profiles/a.yaml"));
    Files.delete(first);
    shelf.withdraw(first);
    assertThat(unit(shelf, "plug")).isEqualTo("kW");
    assertThat(document(shelf, "plug").state()).isEqualTo("active");
  }

  @Test
  void theDataDirectoryOverlaysWhatShips() throws IOException {
    write(base.resolve("acme/plug.yaml"), Texts.plug("plug", "W"));
    Shelf shelf = shelf();
    assertThat(document(shelf, "plug").shipped()).isTrue();
    Path mine = write(hot.resolve("plug.yaml"), Texts.plug("plug", "kW"));
    shelf.offer(mine);
    assertThat(unit(shelf, "plug")).isEqualTo("kW");
    assertThat(document(shelf, "plug").shipped()).isFalse();
    Files.delete(mine);
    shelf.withdraw(mine);
    assertThat(unit(shelf, "plug")).isEqualTo("W");
    assertThat(document(shelf, "plug").shipped()).isTrue();
  }

  @Test
  void theSameTextAgainChangesNothing() throws IOException {
    Path file = write(hot.resolve("a.yaml"), Texts.PLUG);
    Shelf shelf = shelf();
    int calls = told.size();
    shelf.offer(file);
    assertThat(told).hasSize(calls);
  }

  @Test
  void putRefusesInWordsAndKeepsWhatIsThere() throws Exception {
    Shelf shelf = shelf();
    shelf.put("plug", Texts.PLUG);
    assertThatThrownBy(() -> shelf.put("plug", Texts.plug("plug", "Watt")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("plug.yaml:9: error: unit 'Watt'");
    assertThatThrownBy(() -> shelf.put("other", Texts.PLUG)).hasMessageContaining("'plug'");
    assertThatThrownBy(() -> shelf.put("../evil", Texts.PLUG)).hasMessageContaining("cannot name");
    assertThat(Files.readString(hot.resolve("plug.yaml"))).isEqualTo(Texts.PLUG);
    assertThat(shelf.current()).containsOnlyKeys("plug");
  }

  @Test
  void putAndRemove() throws Exception {
    write(base.resolve("plug.yaml"), Texts.plug("plug", "W"));
    Shelf shelf = shelf();
    Document put = shelf.put("plug", Texts.plug("plug", "kW"));
    assertThat(put.state()).isEqualTo("active");
    assertThat(unit(shelf, "plug")).isEqualTo("kW");
    assertThat(shelf.remove("plug")).isTrue();
    assertThat(Files.exists(hot.resolve("plug.yaml"))).isFalse();
    assertThat(unit(shelf, "plug")).isEqualTo("W");
    assertThat(shelf.remove("plug")).isFalse();
  }

  @Test
  void hostileFilesAreRefusedAndNothingElse() throws IOException {
    write(hot.resolve("good.yaml"), Texts.PLUG);
    Files.write(hot.resolve("large.yaml"), new byte[YamlText.LARGEST + 2]);
    Files.write(hot.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xFC});
    write(hot.resolve("deep.yaml"), "[".repeat(20_000));
    Shelf shelf = shelf();
    assertThat(shelf.current()).containsOnlyKeys("plug");
    assertThat(shelf.documents(false)).extracting(Document::id).contains("large", "latin", "deep");
  }

  @Test
  void ownsYamlFilesOfItsFolderAlone() throws IOException {
    Shelf shelf = shelf();
    assertThat(shelf.owns(hot.resolve("a.yaml"))).isTrue();
    assertThat(shelf.owns(hot.resolve("sub/a.yml"))).isTrue();
    assertThat(shelf.owns(hot.resolve(".a.yaml"))).isFalse();
    assertThat(shelf.owns(hot.resolve("a.json"))).isFalse();
    assertThat(shelf.owns(root.resolve("data/things/a.yaml"))).isFalse();
  }

  @Test
  void whatShipsIsLoadedQuickly() throws IOException {
    base = ShippedProfilesTest.SHIPPED;
    long began = System.nanoTime();
    Shelf shelf = shelf();
    System.out.printf(
        "%d shipped profiles loaded in %d ms%n",
        shelf.current().size(), (System.nanoTime() - began) / 1_000_000);
    assertThat(shelf.current())
        .containsKeys(
            "tasmota-plug",
            "shelly-gen2-plug",
            "zigbee2mqtt-climate",
            "chirpstack-v4-uplink",
            "senml-device");
  }

  private static String child(String id, String base) {
    return "id: " + id + "\ntitle: Child\nextends: " + base + "\nproperties:\n  switch: null\n";
  }

  @Test
  void aCircleOfProfilesIsRefusedWhereItCloses() throws IOException {
    Shelf shelf = shelf();
    shelf.offer(write(hot.resolve("a.yaml"), Texts.plug("a", "W")));
    shelf.offer(write(hot.resolve("b.yaml"), child("b", "a")));
    shelf.offer(write(hot.resolve("a.yaml"), child("a", "b")));
    assertThat(document(shelf, "a").findings().get(0).toString())
        .startsWith("device-profiles/a.yaml:3: error: extends goes in a circle: a → b → a");
    assertThat(shelf.current()).containsKeys("a", "b");
  }

  @Test
  void whatExtendsAProfileFollowsItsChanges() throws IOException {
    Shelf shelf = shelf();
    shelf.offer(write(hot.resolve("b.yaml"), child("b", "a")));
    assertThat(document(shelf, "b").state()).isEqualTo("refused");
    shelf.offer(write(hot.resolve("a.yaml"), Texts.plug("a", "W")));
    assertThat(unit(shelf, "b")).isEqualTo("W");
    Profile before = Objects.requireNonNull(shelf.current().get("b"));
    assertThat(before.properties()).containsOnlyKeys("power");
    assertThat(before.match()).isEmpty();

    shelf.offer(write(hot.resolve("a.yaml"), Texts.plug("a", "kW")));
    assertThat(unit(shelf, "b")).isEqualTo("kW");
    assertThat(Objects.requireNonNull(shelf.current().get("b")).version())
        .isNotEqualTo(before.version());

    shelf.withdraw(hot.resolve("a.yaml"));
    assertThat(unit(shelf, "b")).isEqualTo("kW");
    assertThat(document(shelf, "b").findings().get(0).message())
        .contains("there is no profile 'a'");
  }

  @Test
  void loadsInAnyOrderWhatExtendsAnother() throws IOException {
    write(base.resolve("a-child.yaml"), child("b", "a"));
    write(base.resolve("z-base.yaml"), Texts.plug("a", "W"));
    assertThat(unit(shelf(), "b")).isEqualTo("W");
  }

  private static String scripted(String file) {
    return """
        id: lora
        title: A sensor with a script
        thing: "{device}"
        match: [ { protocol: mqtt, topic: "up/{device}" } ]
        codecs: { record: { javascript: { file: %s } } }
        properties:
          power:
            type: number
            unit: W
            forms: [ { protocol: mqtt, topic: "up/{device}", mediaType: application/octet-stream, codec: record, path: power } ]
        examples:
          - { topic: up/a, payloadHex: "07", readings: { power: 7 } }
        """
        .formatted(file);
  }

  @Test
  void aScriptBesideAProfileIsPartOfIt() throws IOException {
    Shelf shelf = shelf();
    Path profile = write(hot.resolve("acme/lora.yaml"), scripted("lora.js"));
    shelf.offer(profile);
    assertThat(document(shelf, "lora").findings().toString()).contains("lora.js", "lora.yaml:5");

    Path script = hot.resolve("acme/lora.js");
    shelf.offer(
        write(script, "function decodeUplink(i) { return { data: { power: i.bytes[0] } }; }"));
    assertThat(unit(shelf, "lora")).isEqualTo("W");
    String version = document(shelf, "lora").version();
    assertThat(shelf.text("lora")).contains(scripted("lora.js"));

    // what is wrong with it is said with its own line, and the one before stays in service
    shelf.offer(write(script, "function decodeUplink(i) {\n  return { data: ;\n}"));
    assertThat(document(shelf, "lora").findings().toString()).contains("lora.js:2");
    assertThat(document(shelf, "lora").version()).isEqualTo(version);
    assertThat(unit(shelf(), "lora")).as("after a restart").isEqualTo("W");

    // one that runs and gives something else fails the profile's example
    shelf.offer(write(script, "function decodeUplink(i) { return { data: { power: 8 } }; }"));
    assertThat(document(shelf, "lora").findings().toString()).contains("expected 7, got 8");

    shelf.offer(write(script, "function Decoder(b) { return { power: b[0] * 1 }; }"));
    assertThat(document(shelf, "lora").state()).isEqualTo("active");
    assertThat(document(shelf, "lora").version()).isNotEqualTo(version);
    Files.delete(script);
    shelf.withdraw(script);
    assertThat(document(shelf, "lora").state()).isEqualTo("refused");
    assertThat(unit(shelf, "lora")).isEqualTo("W");
  }

  @Test
  void aScriptIsNoWayOutOfTheFolder() throws IOException {
    String good = "function decodeUplink(i) { return { data: { power: i.bytes[0] } }; }";
    write(root.resolve("out.js"), good);
    write(hot.resolve("a/there.js"), good);
    Files.createSymbolicLink(hot.resolve("link.js"), root.resolve("out.js"));
    Shelf shelf = shelf();
    for (String file :
        List.of(
            "../../out.js", "a/there.js", root.resolve("out.js").toString(), "link.js", ".js")) {
      shelf.offer(write(hot.resolve("lora.yaml"), scripted("'" + file + "'")));
      assertThat(shelf.current()).as(file).doesNotContainKey("lora");
      assertThat(document(shelf, "lora").findings().toString()).contains("lora.yaml:5");
    }
  }
}
