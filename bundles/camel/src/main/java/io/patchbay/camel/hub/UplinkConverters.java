package io.patchbay.camel.hub;

import io.patchbay.thing.SenMl;
import io.patchbay.thing.Uplink;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.function.Function;
import org.apache.camel.spi.TypeConverterLoader;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.support.SimpleTypeConverter;

/**
 * Uplinks as SenML JSON where a component asks for text, octets or a stream. Found by Camel through
 * META-INF/services.
 */
public final class UplinkConverters implements TypeConverterLoader {
  @Override
  public void load(TypeConverterRegistry registry) {
    for (Class<? extends Uplink> from :
        List.of(
            Uplink.Reading.class,
            Uplink.Occurrence.class,
            Uplink.StatusChange.class,
            Uplink.Discovered.class)) {
      add(registry, String.class, from, SenMl::text);
      add(registry, byte[].class, from, it -> SenMl.bytes(List.of(it)));
      add(
          registry,
          InputStream.class,
          from,
          it -> new ByteArrayInputStream(SenMl.bytes(List.of(it))));
    }
    // For ${date:header.HubTime:…} of the simple language.
    add(registry, Date.class, Instant.class, Date::from);
  }

  private static <F, T> void add(
      TypeConverterRegistry registry, Class<T> to, Class<? extends F> from, Function<F, T> way) {
    registry.addTypeConverter(
        to,
        from,
        new SimpleTypeConverter(
            false,
            (type, exchange, value) -> {
              @SuppressWarnings("unchecked") // asked for by this class
              F typed = (F) value;
              return way.apply(typed);
            }));
  }
}
