package ${package};

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

/** What the protocol knows of its forms: an address, and a value that travels as its text. */
@Component(service = Protocol.class)
public final class LineProtocol implements Protocol {
  static final String SCHEME = "${name}";

  /** Commands to one device that wait; one more is refused as BUSY. */
  private static final int BOUND = 16;

  private static final String FORM_SCHEMA =
      """
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
          "protocol": {"const": "${name}"},
          "op": true,
          "address": {
            "type": "string",
            "pattern": "^[^/]+/[^/]+",
            "description": "device and property: {device}/temperature"
          }
        },
        "required": ["protocol", "address"],
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

  @Override
  public Optional<String> address(Form form) {
    return form.term("address");
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    form.required("address");
    return new TextCodec(schema.type());
  }

  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    return new LaneSpec(SCHEME + ":" + thing.id(), 1, Duration.ZERO, BOUND);
  }

  private record TextCodec(DataSchema.Type type) implements Codec {
    @Override
    public Value decode(Frame frame) throws DecodeException {
      String text = frame.payload().text();
      try {
        return switch (type) {
          case BOOLEAN ->
              text.equals("true") || text.equals("false")
                  ? new Value.Bool(text.equals("true"))
                  : new Value.Text(text);
          case INTEGER -> new Value.Int(Long.parseLong(text));
          case STRING -> new Value.Text(text);
          case NUMBER -> new Value.Num(Double.parseDouble(text));
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
        throw new IllegalArgumentException("a line carries exactly one value");
      }
      return value instanceof Value.Data data ? data.value() : Bytes.utf8(value.text());
    }
  }
}
