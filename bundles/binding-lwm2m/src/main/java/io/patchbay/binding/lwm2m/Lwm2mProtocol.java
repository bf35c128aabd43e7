package io.patchbay.binding.lwm2m;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
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
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** What LwM2M knows of its forms: a resource, of which SenML tells, whatever the device speaks. */
@Component(service = Protocol.class)
public final class Lwm2mProtocol implements Protocol {
  static final String SCHEME = "lwm2m";

  /** The one connection: devices come to the hub. */
  static final String LOCAL = "local";

  /** Term of a thing, and of a match: the endpoint name. */
  static final String ENDPOINT = "endpoint";

  static final String PATH = "path";

  /** Commands to one device that wait. */
  private static final int BOUND = 100;

  private final String schema;

  public Lwm2mProtocol() {
    try (InputStream text =
        Objects.requireNonNull(Lwm2mProtocol.class.getResourceAsStream("form.schema.json"))) {
      schema = new String(text.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String scheme() {
    return SCHEME;
  }

  @Override
  public String formSchema() {
    return schema;
  }

  /** The endpoint name. A match is about registrations, which are no frames. */
  @Override
  public Optional<String> address(Form form) {
    return Optional.of(
        form.term(ENDPOINT).isPresent() ? "registration/{" + ENDPOINT + "}" : "{" + ENDPOINT + "}");
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    if (form.mediaType().isEmpty() && form.ops().equals(Set.of(Op.INVOKE))) {
      return new NoArguments();
    }
    throw new IllegalArgumentException(
        "mediaType '" + form.mediaType() + "' is unknown; accepted: application/senml+json");
  }

  /** One request to a device at a time (RFC 7252, clause 4.7). */
  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    return new LaneSpec(SCHEME + ":" + thing.id(), 1, Duration.ZERO, BOUND);
  }

  private static final class NoArguments implements Codec {
    @Override
    public Value decode(Frame frame) throws DecodeException {
      throw new DecodeException(Rejection.NOTHING_KNOWN, "an action has no value");
    }

    @Override
    public Bytes encode(Map<String, Value> values) {
      if (!values.isEmpty()) {
        throw new IllegalArgumentException(
            "the action has input "
                + values.keySet()
                + ": its form needs mediaType text/plain and a payload such as 0='{NAME}'");
      }
      return Bytes.EMPTY;
    }
  }
}
