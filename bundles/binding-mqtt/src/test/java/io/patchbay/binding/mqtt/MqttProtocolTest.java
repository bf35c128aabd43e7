package io.patchbay.binding.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MqttProtocolTest {
  private final MqttProtocol protocol = new MqttProtocol();
  private final JsonSchema schema =
      JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(protocol.formSchema());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'protocol':'mqtt'}",
        "{'protocol':'mqtt','topic':''}",
        "{'protocol':'mqtt','topic':'a/#/b'}",
        "{'protocol':'mqtt','topic':'a/b+'}",
        "{'protocol':'mqtt','topic':'a','qos':3}",
        "{'protocol':'mqtt','topic':'a','retain':'yes'}",
        "{'protocol':'mqtt','topic':'a','answer':'b','response':true}",
        "{'protocol':'mqtt','topic':'a','register':7}"
      })
  void refusesForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'protocol':'mqtt','topic':'tele/{device}/SENSOR'}",
        "{'protocol':'mqtt','topic':'+/x/#'}",
        "{'protocol':'mqtt','topic':'#'}",
        "{'protocol':'mqtt','topic':'/a//b'}",
        "{'protocol':'mqtt','topic':'c/{d}','qos':2,'retain':true,'answer':'s/{d}'}",
        "{'protocol':'mqtt','topic':'c/{d}','response':true}"
      })
  void takesForms(String form) {
    assertThat(schema.validate(form.replace('\'', '"'), InputFormat.JSON)).isEmpty();
  }

  @Test
  void saysWhichMediaTypesThereAre() {
    Form form = new Form("mqtt", Set.of(), "image/png", Map.of("topic", "a"));
    assertThatThrownBy(() -> protocol.compile(form, DataSchema.of(DataSchema.Type.STRING)))
        .hasMessageContaining("image/png")
        .hasMessageContaining("accepted");
  }

  @Test
  void takesTheHubsOwnBrokerWhenAThingNamesNone() {
    assertThat(MqttProtocol.connection(Requests.thing("mqtt:///"))).isEqualTo("local");
    assertThat(MqttProtocol.connection(Requests.thing("mqtt://plant"))).isEqualTo("plant");
    assertThat(URI.create("mqtt://plant").getAuthority()).isEqualTo("plant");
  }
}
