package io.patchbay.profiles.media;

import io.patchbay.profile.Form;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoUnit;

/** How a device writes its time: the form's {@code timeFormat}. Times have milliseconds. */
enum DeviceTime {
  /** ISO 8601 with date, time and zone. */
  ISO("iso"),
  /** Seconds since 1970, with or without a fraction. */
  SECONDS("s"),
  /** Milliseconds since 1970. */
  MILLISECONDS("ms");

  /** 2200-01-01T00:00:00Z. */
  private static final long LATEST = 7_258_118_400_000L;

  private static final DateTimeFormatter WITH_ZONE =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
          .appendPattern("[XXX][XX][X]")
          .toFormatter();

  private final String word;

  DeviceTime(String word) {
    this.word = word;
  }

  /**
   * @throws IllegalArgumentException naming the accepted formats
   */
  static DeviceTime of(Form form) {
    String word = form.term("timeFormat").orElse(ISO.word);
    for (DeviceTime format : values()) {
      if (format.word.equals(word)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "timeFormat '" + word + "' is unknown; accepted: iso, s, ms");
  }

  Instant read(Value raw) throws DecodeException {
    try {
      if (this == ISO) {
        if (raw instanceof Value.Text text && text.value().length() <= 64) {
          return plausible(
              OffsetDateTime.parse(text.value(), WITH_ZONE).toInstant().toEpochMilli());
        }
      } else {
        Value number = raw instanceof Value.Text text ? Meaning.number(text.value(), false) : raw;
        if (number instanceof Value.Int || number instanceof Value.Num) {
          return plausible(epoch(number));
        }
      }
    } catch (DateTimeException | ArithmeticException e) {
      // said below
    }
    throw new DecodeException(
        Rejection.BAD_TIME,
        "the time "
            + Json.shortened(raw.text(), 40)
            + " is not understood; expected "
            + (this == ISO
                ? "ISO 8601 with date, time and zone"
                : this == SECONDS ? "seconds since 1970" : "milliseconds since 1970"));
  }

  private long epoch(Value number) {
    if (number instanceof Value.Int integer) {
      return this == SECONDS ? Math.multiplyExact(integer.value(), 1000L) : integer.value();
    }
    BigDecimal exact = BigDecimal.valueOf(((Value.Num) number).value());
    if (Math.abs((long) exact.precision() - exact.scale()) > 20) {
      throw new ArithmeticException();
    }
    return (this == SECONDS ? exact.movePointRight(3) : exact)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  /** Any time from 1970 to 2200, cut to milliseconds. */
  static Instant plausible(long milliseconds) throws DecodeException {
    if (milliseconds < 0 || milliseconds >= LATEST) {
      throw new DecodeException(
          Rejection.BAD_TIME, "the time lies outside 1970 to 2200: " + milliseconds + " ms");
    }
    return Instant.ofEpochMilli(milliseconds).truncatedTo(ChronoUnit.MILLIS);
  }
}
