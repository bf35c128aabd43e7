package io.patchbay.binding.coap;

import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** One reading as SenML in CBOR (RFC 8428, clause 6; RFC 8949). */
final class SenMlCbor {
  private static final int NAME = 0;
  private static final int UNIT = 1;
  private static final int VALUE = 2;
  private static final int STRING_VALUE = 3;
  private static final int BOOLEAN_VALUE = 4;
  private static final int TIME = 6;
  private static final int DATA_VALUE = 8;

  private static final int UNSIGNED = 0;
  private static final int NEGATIVE = 1;
  private static final int OCTETS = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;
  private static final int FALSE = 0xF4;
  private static final int DOUBLE = 0xFB;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream(96);

  private SenMlCbor() {}

  static byte[] of(Uplink.Reading reading) {
    SenMlCbor cbor = new SenMlCbor();
    cbor.head(ARRAY, 1);
    cbor.head(MAP, reading.unit().isEmpty() ? 3 : 4);
    cbor.whole(NAME);
    cbor.text(reading.thing() + "/" + reading.property());
    if (!reading.unit().isEmpty()) {
      cbor.whole(UNIT);
      cbor.text(reading.unit());
    }
    cbor.value(reading.value());
    cbor.whole(TIME);
    cbor.number(reading.time().toEpochMilli() / 1000.0);
    return cbor.out.toByteArray();
  }

  private void value(Value value) {
    if (value instanceof Value.Bool bool) {
      whole(BOOLEAN_VALUE);
      out.write(bool.value() ? FALSE + 1 : FALSE);
    } else if (value instanceof Value.Int integer) {
      whole(VALUE);
      whole(integer.value());
    } else if (value instanceof Value.Num number) {
      whole(VALUE);
      number(number.value());
    } else if (value instanceof Value.Data data) {
      byte[] octets = data.value().toArray();
      whole(DATA_VALUE);
      head(OCTETS, octets.length);
      out.writeBytes(octets);
    } else {
      whole(STRING_VALUE);
      text(value.text());
    }
  }

  private void text(String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    head(TEXT, octets.length);
    out.writeBytes(octets);
  }

  private void whole(long number) {
    if (number < 0) {
      head(NEGATIVE, ~number);
    } else {
      head(UNSIGNED, number);
    }
  }

  private void number(double number) {
    out.write(DOUBLE);
    out.writeBytes(ByteBuffer.allocate(Double.BYTES).putDouble(number).array());
  }

  /** Major type and argument, as short as can be (RFC 8949, clause 3). */
  private void head(int major, long argument) {
    int type = major << 5;
    if (argument < 24) {
      out.write(type | (int) argument);
    } else if (argument <= 0xFF) {
      out.write(type | 24);
      out.write((int) argument);
    } else if (argument <= 0xFFFF) {
      out.write(type | 25);
      out.writeBytes(ByteBuffer.allocate(Short.BYTES).putShort((short) argument).array());
    } else if (argument <= 0xFFFF_FFFFL) {
      out.write(type | 26);
      out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt((int) argument).array());
    } else {
      out.write(type | 27);
      out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(argument).array());
    }
  }
}
