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
  private final String scheme;
  private final String term;

  TopicProtocol() {
    this("mqtt", "topic");
  }

  /**
   * @param term of a form that is its address
   */
  TopicProtocol(String scheme, String term) {
    this.scheme = scheme;
    this.term = term;
  }

  @Override
  public String scheme() {
    return scheme;
  }

  @Override
  public String formSchema() {
    return """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
         "required": ["protocol", "TERM"], "unevaluatedProperties": false,
         "properties": {"protocol": {"const": "SCHEME"}, "TERM": {"type": "string"},
           "answer": {"type": "string"}, "qos": {"enum": [0, 1, 2]}, "retain": {"type": "boolean"}}}
        """
        .replace("SCHEME", scheme)
        .replace("TERM", term);
  }

  @Override
  public Optional<String> address(Form form) {
    return Optional.of(form.required(term));
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
