package io.patchbay.binding.mqtt;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Thing;
import java.time.Duration;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** What MQTT knows of its forms: a topic, and payloads of the common media types. */
@Component(service = Protocol.class)
public final class MqttProtocol implements Protocol {
  static final String SCHEME = "mqtt";

  /** The connection to the hub's own broker, also of a thing whose base names none. */
  static final String LOCAL = "local";

  /** Commands to one thing that wait; a thing is commanded one at a time. */
  private static final int BOUND = 100;

  private static final String FORM_SCHEMA =
      """
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Form of the MQTT binding",
        "type": "object",
        "properties": {
          "protocol": {"const": "mqtt"},
          "topic": {
            "type": "string", "minLength": 1, "maxLength": 65535,
            "pattern": "^([^+#]+|\\\\+)?(/([^+#]*|\\\\+))*(/#)?$|^#$",
            "description": "topic with named parts: tele/{device}/SENSOR; where the hub listens also + and, last, #"
          },
          "qos": {
            "enum": [0, 1, 2, "0", "1", "2"],
            "description": "quality of service of what the hub publishes; 1 when left out"
          },
          "retain": {
            "enum": [true, false, "true", "false"],
            "description": "whether the broker keeps what the hub publishes; false when left out"
          },
          "answer": {
            "type": "string", "minLength": 1,
            "description": "topic on which the device confirms a command, or answers a read: stat/{device}/RESULT; the command ends with that message"
          },
          "response": {
            "enum": [true, false, "true", "false"],
            "description": "whether the device answers to an MQTT 5 response topic, with correlation data"
          }
        },
        "required": ["protocol", "topic"],
        "not": {"required": ["answer", "response"]},
        "unevaluatedProperties": false
      }
      """;

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public String formSchema() {
    return FORM_SCHEMA;
  }

  @Override
  public Optional<String> address(Form form) {
    return form.term("topic");
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    throw new IllegalArgumentException(
        "mediaType '"
            + form.mediaType()
            + "' is unknown, and MQTT has no types of its own; accepted: application/json,"
            + " application/senml+json, text/plain");
  }

  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    return new LaneSpec(SCHEME + ":" + thing.id(), 1, Duration.ZERO, BOUND);
  }

  /** The connection a thing is reached through. */
  static String connection(Thing thing) {
    return thing.connection().isEmpty() ? LOCAL : thing.connection();
  }
}
