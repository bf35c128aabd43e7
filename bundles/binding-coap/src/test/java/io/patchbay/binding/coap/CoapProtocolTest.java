package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.patchbay.profile.Op;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CoapProtocolTest {
  private final CoapProtocol protocol = new CoapProtocol();
  private final JsonSchema schema =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
          .getSchema(protocol.formSchema());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'protocol': 'coap'}",
        "{'protocol': 'coap', 'resource': ''}",
        "{'protocol': 'coap', 'resource': 'a', 'method': 'TELL'}",
        "{'protocol': 'coap', 'resource': 'a', 'observe': 'yes'}",
        "{'protocol': 'coap', 'resource': 'a', 'topic': 'b'}"
      })
  void theSchemaRefusesWrongForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'protocol': 'coap', 'resource': 'senml/{device}'}",
        "{'protocol': 'coap', 'resource': 'state', 'observe': true}",
        "{'protocol': 'coap', 'resource': 'coap://{address}/set', 'method': 'POST'}"
      })
  void theSchemaTakesRightForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isEmpty();
  }

  @Test
  void aPushedFormWithAnAddressOfADeviceIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> protocol.address(Requests.form("coap://h/state", Op.OBSERVE, Map.of())))
        .withMessageContaining("observe: true");
  }

  @Test
  void whatDevicesPostToHasAnAddressAndWhatTheyAreAskedForHasNone() {
    assertThat(protocol.address(Requests.form("/senml/{device}", Op.OBSERVE, Map.of())))
        .contains("senml/{device}");
    assertThat(protocol.address(Requests.form("state", Op.OBSERVE, Map.of("observe", "true"))))
        .isEmpty();
    assertThat(protocol.address(Requests.form("state", Op.READ, Map.of()))).isEmpty();
  }

  @Test
  void aThingWithoutAnAddressCannotBeAsked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Remote.of(Requests.thing("coap://local"), "set"))
        .withMessageContaining("coap://HOST:PORT");
  }

  @Test
  void aResourceIsAPathAtTheThingOrAWholeUri() {
    Remote path = Remote.of(Requests.thing("coap://10.0.0.5:5700"), "a/b?c=d&e");
    assertThat(path)
        .isEqualTo(
            new Remote(
                false, "10.0.0.5:5700", "10.0.0.5", 5_700, List.of("a", "b"), List.of("c=d", "e")));
    Remote whole = Remote.of(Requests.thing("coap://local"), "coaps://[::1]/a");
    assertThat(whole).isEqualTo(new Remote(true, "[::1]", "[::1]", 5_684, List.of("a"), List.of()));
  }

  @Test
  void thingsBehindOneAddressShareALane() {
    Thing one = Requests.thing("coap://10.0.0.5:5700");
    Thing other =
        new Thing(new ThingId("x"), URI.create("coap://10.0.0.5:5700/"), "p", Map.of(), Map.of());
    assertThat(Lanes.key(protocol, one)).isEqualTo(Lanes.key(protocol, other));
    assertThat(Lanes.key(protocol, Requests.thing("coap://local"))).endsWith("dev");
  }

  private static final class Lanes {
    static String key(CoapProtocol protocol, Thing thing) {
      return protocol.lane(thing, CoapBindingTest.EMPTY).key();
    }
  }
}
