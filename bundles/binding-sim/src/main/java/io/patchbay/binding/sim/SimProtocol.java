package io.patchbay.binding.sim;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Thing;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** What the simulated protocol knows of its forms: a value travels as its text. */
@Component(service = Protocol.class)
public final class SimProtocol implements Protocol {
  static final String SCHEME = "sim";

  private static final String FORM_SCHEMA =
      """
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
          "protocol": {"const": "sim"},
          "op": true,
          "wave": {"enum": ["sine", "saw", "memory", "power", "silent"], "description": "what the value does; memory keeps what was written, power takes the device away while it is false, silent never answers"},
          "low": {"type": ["number", "string"], "description": "smallest value of a wave"},
          "high": {"type": ["number", "string"], "description": "largest value of a wave"},
          "period": {"type": ["number", "string"], "description": "seconds until a wave repeats"}
        },
        "required": ["protocol", "wave"],
        "additionalProperties": false
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

  /** A simulated device never speaks unasked: its frames come with a target. */
  @Override
  public Optional<String> address(Form form) {
    return Optional.empty();
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    Wave.of(form);
    return new TextCodec(schema.type());
  }

  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    return new LaneSpec("sim:" + thing.id(), 1, Duration.ZERO, 16);
  }

  private record TextCodec(DataSchema.Type type) implements Codec {
    @Override
    public Value decode(Frame frame) throws DecodeException {
      String text = frame.payload().text();
      try {
        return switch (type) {
          case BOOLEAN -> new Value.Bool(Boolean.parseBoolean(text));
          case INTEGER -> new Value.Int(Long.parseLong(text));
          case NUMBER -> new Value.Num(Double.parseDouble(text));
          case STRING -> new Value.Text(text);
          case DATA -> new Value.Data(frame.payload());
        };
      } catch (IllegalArgumentException e) {
        throw new DecodeException(
            Rejection.UNDECODABLE, "'" + text + "' is not of type " + type.name());
      }
    }

    @Override
    public Bytes encode(Map<String, Value> values) {
      Value value = values.get("value");
      if (value == null) {
        throw new IllegalArgumentException("a simulated device takes exactly one value");
      }
      return value instanceof Value.Data data ? data.value() : Bytes.utf8(value.text());
    }
  }
}
