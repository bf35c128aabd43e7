package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModbusProtocolTest {
  private final ModbusProtocol protocol = new ModbusProtocol();
  private final JsonSchema schema =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(protocol.formSchema());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'protocol': 'modbus'}",
        "{'protocol': 'modbus', 'address': 70000}",
        "{'protocol': 'modbus', 'address': '4x0001'}",
        "{'protocol': 'modbus', 'address': 1, 'register': 2}",
        "{'protocol': 'modbus', 'address': 1, 'type': 'int'}",
        "{'protocol': 'modbus', 'address': 1, 'order': 'BACD'}",
        "{'protocol': 'modbus', 'address': 1, 'absent': 'none'}",
        "{'protocol': 'modbus', 'address': 1, 'bits': '4..7'}"
      })
  void theSchemaRefusesWrongForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'protocol': 'modbus', 'address': 0}",
        "{'protocol': 'modbus', 'address': '0x1F', 'table': 'input', 'type': 'float32', 'order': 'CDAB'}",
        "{'protocol': 'modbus', 'address': 1, 'absent': ['0x8000', -1], 'forbidden': ['1-3', 7]}",
        "{'protocol': 'modbus', 'address': 1, 'bits': '4-7', 'unit': '{unit}'}"
      })
  void theSchemaTakesRightForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isEmpty();
  }

  @Test
  void allUnitsOfAConnectionShareALane() {
    Profile four = profile("4");
    assertThat(protocol.lane(thing("modbus://line"), profile("1")).inFlight()).isEqualTo(2);
    assertThat(protocol.lane(thing("modbus://line"), four).inFlight()).isEqualTo(5);
    assertThat(protocol.lane(thing("modbus://line"), four).key()).isEqualTo("modbus://line");
  }

  private static Thing thing(String base) {
    return new Thing(new ThingId("meter"), URI.create(base), "meter", Map.of(), Map.of());
  }

  private static Profile profile(String inFlight) {
    Form form =
        new Form("modbus", Set.of(Op.READ), "", Map.of("address", "1", "inFlight", inFlight));
    Property property =
        new Property(
            "power",
            "power",
            "",
            DataSchema.of(DataSchema.Type.NUMBER),
            true,
            Optional.empty(),
            Optional.of(Duration.ofSeconds(1)),
            List.of(form),
            Keeping.ALL,
            Optional.empty());
    return new Profile(
        "meter",
        "1",
        "meter",
        "{device}",
        List.of(),
        Map.of("power", property),
        Map.of(),
        Map.of(),
        List.of(),
        true);
  }
}
