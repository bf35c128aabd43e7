package io.patchbay.binding.lwm2m;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.patchbay.thing.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.function.Function;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.jspecify.annotations.Nullable;

/**
 * What a device said, in SenML (RFC 8428), whatever format it came in: a record per resource, named
 * by its path, with the unit that the sensor says it has.
 */
final class SenmlPack {
  static final String MEDIA_TYPE = "application/senml+json";
  private static final JsonFactory JSON = new JsonFactory();

  private final Function<LwM2mPath, @Nullable String> units;
  private final ByteArrayOutputStream octets = new ByteArrayOutputStream(128);
  private final JsonGenerator out;
  private int records;

  /**
   * @param units of a resource; null when it is not known to have one
   */
  SenmlPack(Function<LwM2mPath, @Nullable String> units) {
    this.units = units;
    try {
      out = JSON.createGenerator(octets);
      out.writeStartArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @param time when it was measured; null when the device does not say
   */
  void add(LwM2mPath path, LwM2mNode node, @Nullable Instant time) {
    if (node instanceof LwM2mObject object) {
      object.getInstances().values().forEach(one -> add(path.append(one.getId()), one, time));
    } else if (node instanceof LwM2mObjectInstance instance) {
      LwM2mPath at = path.isObject() ? path.append(instance.getId()) : path;
      instance.getResources().values().forEach(one -> add(at.append(one.getId()), one, time));
    } else if (node instanceof LwM2mResource resource && resource.isMultiInstances()) {
      resource
          .getInstances()
          .values()
          .forEach(one -> record(path.append(one.getId()), one.getValue(), time));
    } else if (node instanceof LwM2mResource resource) {
      record(path, resource.getValue(), time);
    } else if (node instanceof LwM2mResourceInstance instance) {
      record(path, instance.getValue(), time);
    }
  }

  private void record(LwM2mPath path, Object value, @Nullable Instant time) {
    try {
      out.writeStartObject();
      out.writeStringField("n", path.toString());
      if (time != null) {
        out.writeNumberField("t", BigDecimal.valueOf(time.toEpochMilli(), 3));
      }
      String unit = value instanceof Number ? units.apply(path) : null;
      if (unit != null) {
        out.writeStringField("u", unit);
      }
      value(value);
      out.writeEndObject();
      records++;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("JavaUtilDate") // Leshan's times are such
  private void value(Object value) throws IOException {
    if (value instanceof Long number) {
      out.writeNumberField("v", number);
    } else if (value instanceof ULong number) {
      out.writeFieldName("v");
      out.writeNumber(number.toBigInteger());
    } else if (value instanceof Double number) {
      if (Double.isFinite(number)) {
        out.writeNumberField("v", number);
      } else {
        out.writeStringField("vs", number.toString()); // JSON has no word for it: refused as a text
      }
    } else if (value instanceof Boolean bool) {
      out.writeBooleanField("vb", bool);
    } else if (value instanceof Date date) {
      out.writeNumberField("v", Math.floorDiv(date.getTime(), 1_000L));
    } else if (value instanceof byte[] data) {
      out.writeStringField("vd", Base64.getUrlEncoder().withoutPadding().encodeToString(data));
    } else if (value instanceof Link[] links) {
      out.writeStringField("vs", new DefaultLinkSerializer().serializeCoreLinkFormat(links));
    } else {
      out.writeStringField("vs", String.valueOf(value));
    }
  }

  boolean isEmpty() {
    return records == 0;
  }

  /** To be called once. */
  Bytes octets() {
    try {
      out.writeEndArray();
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Bytes.wrap(octets.toByteArray());
  }
}
