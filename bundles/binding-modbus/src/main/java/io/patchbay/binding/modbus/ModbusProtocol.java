package io.patchbay.binding.modbus;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Thing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.osgi.service.component.annotations.Component;

/** What Modbus knows of its forms: where a value lies and how. */
@Component(service = Protocol.class)
public final class ModbusProtocol implements Protocol {
  static final String SCHEME = "modbus";

  /** Requests that wait for one connection: all units of a long line, several intervals each. */
  private static final int BOUND = 1_000;

  private final String schema;

  public ModbusProtocol() {
    try (InputStream text =
        Objects.requireNonNull(ModbusProtocol.class.getResourceAsStream("form.schema.json"))) {
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

  /** A device speaks only when it is asked: its frames come with a target. */
  @Override
  public Optional<String> address(Form form) {
    return Optional.empty();
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    return new RegisterCodec(PointForm.of(form), schema);
  }

  /**
   * All units behind a connection share its lane. One command more than there are requests at once
   * is let through: it is ready when the line is free, which its queue sees to.
   */
  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    int inFlight = 1;
    for (Property property : profile.properties().values()) {
      for (Form form : property.forms()) {
        if (form.protocol().equals(SCHEME) && form.terms().containsKey("inFlight")) {
          inFlight = Math.max(inFlight, Limits.of(new Terms(form.terms())).inFlight());
        }
      }
    }
    return new LaneSpec(thing.base().toString(), inFlight + 1, Duration.ZERO, BOUND);
  }
}
