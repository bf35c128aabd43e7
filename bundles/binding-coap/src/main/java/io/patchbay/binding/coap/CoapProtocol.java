package io.patchbay.binding.coap;

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

/** What CoAP knows of its forms: a resource, and payloads of the common media types. */
@Component(service = Protocol.class)
public final class CoapProtocol implements Protocol {
  static final String SCHEME = "coap";

  /** The connection of devices that post to the hub; they have no address of their own. */
  static final String LOCAL = "local";

  /** Commands to one device that wait. */
  private static final int BOUND = 100;

  private final String schema;

  public CoapProtocol() {
    try (InputStream text =
        Objects.requireNonNull(CoapProtocol.class.getResourceAsStream("form.schema.json"))) {
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

  /** The path that devices post to; none when the hub asks the device. */
  @Override
  public Optional<String> address(Form form) {
    ResourceForm.check(form);
    return ResourceForm.pushed(form) ? Optional.of(ResourceForm.resource(form)) : Optional.empty();
  }

  /** An action without input needs no media type; everything else has one of the common ones. */
  @Override
  public Codec compile(Form form, DataSchema schema) {
    if (form.mediaType().isEmpty() && form.ops().equals(Set.of(Op.INVOKE))) {
      return new NoPayload();
    }
    throw new IllegalArgumentException(
        "mediaType '"
            + form.mediaType()
            + "' is unknown, and CoAP has no types of its own; accepted: application/senml+json,"
            + " application/senml+cbor, application/json, application/cbor, text/plain,"
            + " application/octet-stream");
  }

  /**
   * One request to a device at a time (RFC 7252, clause 4.7); things behind one address share it.
   */
  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    boolean alone = thing.connection().isEmpty() || thing.connection().equals(LOCAL);
    String key = alone ? SCHEME + ":" + thing.id() : SCHEME + "://" + thing.connection();
    return new LaneSpec(key, 1, Duration.ZERO, BOUND);
  }

  private static final class NoPayload implements Codec {
    @Override
    public Value decode(Frame frame) throws DecodeException {
      throw new DecodeException(Rejection.NOTHING_KNOWN, "an action has no value");
    }

    @Override
    public Bytes encode(Map<String, Value> values) {
      if (!values.isEmpty()) {
        throw new IllegalArgumentException(
            "the action has input " + values.keySet() + ": its form needs a mediaType");
      }
      return Bytes.EMPTY;
    }
  }
}
