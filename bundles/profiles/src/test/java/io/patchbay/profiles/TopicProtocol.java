package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Thing;
import java.time.Duration;
import java.util.Optional;

/** A protocol of topics with rules of its own, as a binding brings it. */
final class TopicProtocol implements Protocol {
  @Override
  public String scheme() {
    return "mqtt";
  }

  @Override
  public String formSchema() {
    return """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
         "required": ["protocol", "topic"], "unevaluatedProperties": false,
         "properties": {"protocol": {"const": "mqtt"}, "topic": {"type": "string"},
           "answer": {"type": "string"}, "qos": {"enum": [0, 1, 2]}, "retain": {"type": "boolean"}}}
        """;
  }

  @Override
  public Optional<String> address(Form form) {
    return Optional.of(form.required("topic"));
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    throw new IllegalArgumentException("mediaType '" + form.mediaType() + "' is not known");
  }

  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    return new LaneSpec(thing.id().value(), 1, Duration.ZERO, 16);
  }
}
