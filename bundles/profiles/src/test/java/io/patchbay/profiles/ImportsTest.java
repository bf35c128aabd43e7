package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.StandardMediaTypes;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImportsTest {
  private static final String EDGEX =
      """
      name: "HVAC-Profile"
      manufacturer: Maker
      model: M1
      deviceResources:
        - name: "Switch A"
          description: "On or off"
          attributes: { primaryTable: "COILS", startingAddress: 14 }
          properties: { valueType: "Bool", readWrite: "RW" }
        - name: Mode
          attributes: { primaryTable: "HOLDING_REGISTERS", startingAddress: 1 }
          properties: { valueType: "Int16", readWrite: "RW" }
        - name: Fault
          attributes: { primaryTable: "HOLDING_REGISTERS", startingAddress: 10.10 }
          properties: { valueType: "Bool", readWrite: "R" }
        - name: Temperature
          attributes: { primaryTable: "INPUT_REGISTERS", startingAddress: "3", rawType: "Int16" }
          properties: { valueType: "Float32", readWrite: "R", scale: "0.1", units: "degC" }
        - name: Energy
          attributes: { primaryTable: "INPUT_REGISTERS", startingAddress: 8, isByteSwap: true, isWordSwap: true }
          properties: { valueType: "Float32", readWrite: "R", units: "kWh" }
      deviceCommands:
        - name: Values
          readWrite: RW
          resourceOperations:
            - { deviceResource: Mode, mappings: { "0": Cool, "1": Heat } }
      """;

  private static final String MODEL =
      """
      {
        "id": 64001,
        "group": {
          "name": "pv", "label": "Roof", "type": "group",
          "points": [
            {"name": "ID", "type": "uint16", "size": 1, "value": 64001},
            {"name": "L", "type": "uint16", "size": 1},
            {"name": "Long", "type": "string", "size": 126},
          \t{"name": "Mn", "type": "string", "size": 16, "static": "S"},
            {"name": "W", "label": "Watts", "type": "int16", "size": 1, "sf": "W_SF", "units": "W"},
            {"name": "WMax", "type": "uint16", "size": 1, "sf": "W_SF", "units": "W", "access": "RW"},
            {"name": "W_SF", "type": "sunssf", "size": 1},
            {"name": "Tenth", "type": "uint16", "size": 1, "sf": -1, "units": "C"},
            {"name": "WH", "type": "acc32", "size": 2, "units": "Wh"},
            {"name": "St", "type": "enum16", "size": 1,
             "symbols": [{"name": "OFF", "value": 1}, {"name": "MPPT", "value": 4}]},
            {"name": "Evt", "type": "bitfield32", "size": 2,
             "symbols": [{"name": "GROUND_FAULT", "value": 0}, {"name": "OVER_TEMP", "value": 7}]},
            {"name": "Pad", "type": "pad", "size": 1}
          ],
          "groups": [
            {"name": "module", "count": 0, "type": "group", "points": [
              {"name": "DCA", "type": "uint16", "size": 1, "sf": "DCA_SF", "units": "A"},
              {"name": "DCA_SF", "type": "sunssf", "size": 1}]}
          ]
        }
      }
      """;

  @TempDir Path folder = Path.of(".");
  private final List<String> said = new ArrayList<>();

  /** Knows every term: what the binding accepts is not this room's matter. */
  private static final class Registers implements Protocol {
    private final Protocol others = new TopicProtocol();

    @Override
    public String scheme() {
      return "modbus";
    }

    @Override
    public String formSchema() {
      return "{\"type\": \"object\"}";
    }

    @Override
    public Optional<String> address(Form form) {
      return Optional.empty();
    }

    @Override
    public io.patchbay.southbound.Codec compile(Form form, DataSchema schema) {
      return new io.patchbay.southbound.Codec() {
        @Override
        public Value decode(io.patchbay.southbound.Frame frame) {
          return new Value.Int(0);
        }

        @Override
        public io.patchbay.thing.Bytes encode(java.util.Map<String, Value> values) {
          return io.patchbay.thing.Bytes.EMPTY;
        }
      };
    }

    @Override
    public io.patchbay.southbound.LaneSpec lane(io.patchbay.thing.Thing thing, Profile profile) {
      return others.lane(thing, profile);
    }
  }

  private static ProfileCheck check() {
    return new ProfileCheck(
        new StandardMediaTypes(),
        scheme -> scheme.equals("modbus") ? Optional.of(new Registers()) : Optional.empty());
  }

  private boolean imports(String... words) {
    List<String> all = new ArrayList<>(List.of("--to", folder.toString()));
    all.addAll(List.of(words));
    return new Imports(home -> new Alone(check(), Composition.Bases.NONE))
        .run(folder, all, said::add);
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private Profile made(String id) throws IOException {
    String text = Files.readString(folder.resolve(id + ".yaml"));
    ProfileCheck.Checked checked = check().check(id, text);
    assertThat(checked.profile()).as(checked.findings() + text).isPresent();
    return checked.profile().orElseThrow();
  }

  private static Property property(Profile profile, String name) {
    Property property = profile.properties().get(name);
    assertThat(property).as(name + " of " + profile.properties().keySet()).isNotNull();
    return property;
  }

  private static String term(Property property, String name) {
    return property.forms().get(0).terms().getOrDefault(name, "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name,address,colour / a,1,red | map.csv:1: error: column 'colour' is not known; accepted: [name, address",
        "name,type / a,uint16 | map.csv:1: error: columns 'name' and one of 'address'",
        "name,address / a,70k | map.csv:2: error: address '70k' is none; accepted: 0 to 65535",
        "name,register / a,20001 | map.csv:2: error: register '20001' is none; accepted: 00001 (coils)",
        "name,register,table / a,30001,holding | map.csv:2: error: register 30001 is in table input, not holding",
        "name,address / a,1 / a,2 | map.csv:3: error: 'a' is there twice",
        "name,address,unit / a,1,furlong | map.csv:2: error: unit 'furlong' is not known; nearest:",
        "name,address,scale / a,1,x | map.csv:2: error: scale must be a number (0.1), not 'x'",
        "name,address,values / a,1,off | map.csv:2: error: values 'off' cannot be read; accepted: 0=off|1=on",
        "name,address,access / a,1,all | map.csv:2: error: access 'all' is not known; accepted: r, w, rw",
        "name,address,title / a,1,\"b | map.csv:2: error: a quote is opened and not closed",
        "name,address / a,1,2 | map.csv:2: error: 3 cells; there are 2 columns",
      })
  void aRegisterMapThatIsWrongIsRefusedWithItsLine(String text, String message) throws Exception {
    assertThat(imports("csv", file("map.csv", text.replace(" / ", "\n")))).isFalse();

    assertThat(said).anySatisfy(line -> assertThat(line).contains(message));
    assertThat(folder.resolve("map.yaml")).doesNotExist();
  }

  @Test
  void aRegisterMapBecomesAProfile() throws Exception {
    String map =
        file(
            "meter x1.csv",
            """
            \uFEFFName;Register;Type;Order;Unit;Scale;Access;Values;Bit;Title
            # measured
            Voltage L1;30001;float32;CDAB;V;;;;;"Voltage; phase 1"
            Energy;300073;uint32;;kWh;0,1;;;;
            mode;40010;;;;;rw;0=off|1=on;;
            alarm;40011;;;;;;;3;
            relay;00001;;;;;rw;;;
            """);

    assertThat(imports("--poll", "2s", "csv", map)).as(said.toString()).isTrue();

    Profile profile = made("meter-x1");
    Property voltage = property(profile, "Voltage-L1");
    assertThat(term(voltage, "table")).isEqualTo("input");
    assertThat(term(voltage, "address")).isEqualTo("0");
    assertThat(term(voltage, "order")).isEqualTo("CDAB");
    assertThat(voltage.semantic()).contains("3316/5700");
    Property energy = property(profile, "Energy");
    assertThat(term(energy, "address")).isEqualTo("72");
    assertThat(energy.schema().unit()).isEqualTo("Wh");
    Property mode = property(profile, "mode");
    assertThat(mode.forms().get(0).ops()).contains(Op.READ, Op.WRITE);
    assertThat(mode.schema().wire()).anySatisfy(word -> assertThat(word.model()).isEqualTo("on"));
    assertThat(property(profile, "alarm").schema().type()).isEqualTo(DataSchema.Type.BOOLEAN);
    assertThat(term(property(profile, "relay"), "table")).isEqualTo("coil");
  }

  @Test
  void whatIsThereIsNotOverwritten() throws Exception {
    String map = file("map.csv", "name,address\na,1\n");
    Files.writeString(folder.resolve("map.yaml"), "mine");

    assertThat(imports("csv", map)).isFalse();

    assertThat(said).anySatisfy(line -> assertThat(line).contains("exists already"));
    assertThat(folder.resolve("map.yaml")).hasContent("mine");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'{\"id\": 1}' | 'model.json:1: error: no SunSpec model'",
        "'{\"id\": 0, \"group\": {\"points\": []}}' | 'model.json:1: error: the model''s ''id'' must be 1 to 65534'",
        "'{\"id\": 5, \"group\": {\"points\": [\n{\"name\": \"A\", \"type\": \"int24\", \"size\": 1}]}}'"
            + " | 'model.json:2: error: point ''A'': type ''int24'' of 1 registers is not known'",
        "'{\"id\": 5, \"group\": {\"points\": [\n{\"name\": \"A\", \"type\": \"int16\", \"size\": 1},"
            + "{\"name\": \"B\", \"type\": \"int16\", \"size\": 1},\n"
            + "{\"name\": \"C\", \"type\": \"int16\", \"size\": 1, \"sf\": \"X\"}]}}'"
            + " | 'model.json:3: error: there is no scale factor ''X'''",
        "'{\"id\": ' | 'model.json:'",
      })
  void aModelThatIsWrongIsRefusedWithItsLine(String text, String message) throws Exception {
    assertThat(imports("sunspec", file("model.json", text))).isFalse();

    assertThat(said).anySatisfy(line -> assertThat(line).contains(message));
  }

  @Test
  void modelsBecomeOneProfile() throws Exception {
    String model = file("model.json", MODEL);

    assertThat(imports("--count", "module=2", "sunspec", model)).as(said.toString()).isTrue();

    Profile profile = made("sunspec-64001");
    assertThat(profile.properties().keySet())
        .containsExactlyInAnyOrder(
            "Mn",
            "W",
            "WMax",
            "Tenth",
            "WH",
            "St",
            "Evt-GROUND_FAULT",
            "Evt-OVER_TEMP",
            "module1-DCA",
            "module2-DCA");
    Property watts = property(profile, "W");
    assertThat(watts.forms().get(0).terms())
        .containsEntry("sunspec", "64001")
        .containsEntry("address", "144")
        .containsEntry("factor", "146")
        .containsEntry("type", "int16");
    assertThat(watts.semantic()).contains("3328/5800");
    assertThat(property(profile, "WMax").forms().get(0).ops()).contains(Op.WRITE);
    assertThat(property(profile, "Tenth").schema().unit()).isEqualTo("Cel");
    assertThat(term(property(profile, "WH"), "absent")).isEqualTo("0");
    assertThat(term(property(profile, "Evt-OVER_TEMP"), "bit")).isEqualTo("7");
    assertThat(property(profile, "St").schema().wire())
        .anySatisfy(word -> assertThat(word.model()).isEqualTo("MPPT"));
    assertThat(term(property(profile, "module2-DCA"), "address")).isEqualTo("156");
    assertThat(term(property(profile, "module2-DCA"), "factor")).isEqualTo("157");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "primaryTable: \"COILS\" | primaryTable: \"RELAYS\" | hvac.yaml:7: error: resource 'Switch A': primaryTable 'RELAYS' is not known; accepted: COILS",
        "startingAddress: 14 | startingAdress: 14 | hvac.yaml:7: error: resource 'Switch A': startingAddress '' is none",
        "valueType: \"Float32\", readWrite: \"R\", scale | valueType: \"Float16\", readWrite: \"R\", scale | error: resource 'Temperature': valueType 'Float16' is not known; accepted: BOOL",
        "Bool\", readWrite: \"R\" | Bool\", readWrite: \"X\" | error: resource 'Fault': 'X'; accepted: R, W, RW",
        "scale: \"0.1\" | mask: 3 | error: resource 'Temperature': 'mask' has no counterpart",
        "deviceResources | resources | hvac.yaml:1: error: no device profile of EdgeX",
      })
  void anEdgexProfileThatIsWrongIsRefusedWithItsLine(String right, String wrong, String message)
      throws Exception {
    assertThat(imports("edgex", file("hvac.yaml", EDGEX.replace(right, wrong)))).isFalse();

    assertThat(said).anySatisfy(line -> assertThat(line).contains(message));
  }

  @Test
  void anEdgexProfileBecomesOneOfOurs() throws Exception {
    assertThat(imports("edgex", file("hvac.yml", EDGEX))).as(said.toString()).isTrue();

    Profile profile = made("hvac-profile");
    assertThat(term(property(profile, "Switch-A"), "table")).isEqualTo("coil");
    assertThat(property(profile, "Mode").schema().wire())
        .anySatisfy(word -> assertThat(word.model()).isEqualTo("Heat"));
    // a bit as EdgeX reads it: the fraction, printed with two digits
    assertThat(term(property(profile, "Fault"), "address")).isEqualTo("10");
    assertThat(term(property(profile, "Fault"), "bit")).isEqualTo("10");
    assertThat(term(property(profile, "Temperature"), "type")).isEqualTo("int16");
    assertThat(property(profile, "Temperature").schema().unit()).isEqualTo("Cel");
    assertThat(term(property(profile, "Energy"), "order")).isEqualTo("DCBA");
    assertThat(property(profile, "Energy").schema().unit()).isEqualTo("Wh");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "csv | a format and a file are needed",
        "--colour red csv x | unknown option '--colour'",
        "tsv NONE | there is no such file",
        "--count module csv x | --count 'module' cannot be read; accepted: module=2",
      })
  void whatIsNotUnderstoodIsRefused(String words, String message) {
    assertThat(imports(words.split(" "))).isFalse();

    assertThat(said).anySatisfy(line -> assertThat(line).contains(message));
  }
}
