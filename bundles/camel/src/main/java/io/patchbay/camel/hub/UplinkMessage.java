package io.patchbay.camel.hub;

import io.patchbay.camel.HubHeaders;
import io.patchbay.store.Recorded;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultMessage;
import org.jspecify.annotations.Nullable;

/**
 * An uplink on its way into a route. What its headers say is known without them; the map is made
 * when a route sets a header or wants all of them.
 */
final class UplinkMessage extends DefaultMessage {
  private static final String PREFIX = "Hub";

  private final Recorded recorded;
  private boolean mapped;

  UplinkMessage(CamelContext context, Recorded recorded) {
    super(context);
    this.recorded = recorded;
    setBody(recorded.uplink());
  }

  @Override
  public @Nullable Object getHeader(String name) {
    return known(name) ? value(name) : super.getHeader(name);
  }

  @Override
  public <T> @Nullable T getHeader(String name, Class<T> type) {
    if (known(name)) {
      Object value = value(name);
      if (type.isInstance(value)) {
        return type.cast(value);
      }
    }
    return super.getHeader(name, type);
  }

  @Override
  public <T> @Nullable T getHeader(String name, @Nullable Object otherwise, Class<T> type) {
    if (known(name) && value(name) == null && type.isInstance(otherwise)) {
      return type.cast(otherwise);
    }
    return super.getHeader(name, otherwise, type);
  }

  /** Whether {@link #value} is what the map would say: names in it are found in any case. */
  private boolean known(String name) {
    return !mapped && (value(name) != null || !name.regionMatches(true, 0, PREFIX, 0, 3));
  }

  private @Nullable Object value(String name) {
    Uplink uplink = recorded.uplink();
    return switch (name) {
      case HubHeaders.THING -> uplink.thing().value();
      case HubHeaders.PROFILE -> recorded.profile();
      case HubHeaders.TIME -> uplink.time();
      case HubHeaders.RECEIVED -> uplink.received();
      case HubHeaders.SEQUENCE -> recorded.sequence();
      case HubHeaders.PROPERTY ->
          uplink instanceof Reading reading
              ? reading.property()
              : uplink instanceof Uplink.Occurrence occurrence ? occurrence.event() : null;
      case HubHeaders.VALUE -> plain(uplink);
      case HubHeaders.QUALITY ->
          uplink instanceof Reading reading ? reading.quality().name() : null;
      case HubHeaders.UNIT ->
          uplink instanceof Reading reading && !reading.unit().isEmpty() ? reading.unit() : null;
      default -> null;
    };
  }

  private static @Nullable Object plain(Uplink uplink) {
    if (uplink instanceof Reading reading) {
      return plain(reading.value());
    } else if (uplink instanceof Uplink.Occurrence occurrence) {
      Map<String, Object> data = new HashMap<>();
      occurrence.data().forEach((field, value) -> data.put(field, plain(value)));
      return data;
    } else if (uplink instanceof Uplink.StatusChange change) {
      return change.status().name().toLowerCase(Locale.ROOT);
    }
    return null;
  }

  private static Object plain(Value value) {
    if (value instanceof Value.Bool bool) {
      return bool.value();
    } else if (value instanceof Value.Int integer) {
      return integer.value();
    } else if (value instanceof Value.Num number) {
      return number.value();
    } else if (value instanceof Value.Data data) {
      return data.value().toArray();
    }
    return value.text();
  }

  @Override
  protected boolean isPopulateHeadersSupported() {
    return true;
  }

  @Override
  protected void populateInitialHeaders(Map<String, Object> map) {
    for (String name :
        new String[] {
          HubHeaders.THING,
          HubHeaders.PROFILE,
          HubHeaders.TIME,
          HubHeaders.RECEIVED,
          HubHeaders.SEQUENCE,
          HubHeaders.PROPERTY,
          HubHeaders.VALUE,
          HubHeaders.QUALITY,
          HubHeaders.UNIT
        }) {
      Object value = value(name);
      if (value != null) {
        map.put(name, value);
      }
    }
    mapped = true;
  }

  @Override
  public void setHeaders(Map<String, Object> headers) {
    mapped = true;
    super.setHeaders(headers);
  }

  /** A copy has its headers in a map. */
  @Override
  public DefaultMessage newInstance() {
    return new DefaultMessage(getCamelContext());
  }
}
