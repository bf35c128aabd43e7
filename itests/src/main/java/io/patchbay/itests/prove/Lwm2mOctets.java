package io.patchbay.itests.prove;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Messages of a LwM2M device as they are on the wire (RFC 7252, clause 3). */
final class Lwm2mOctets {
  static final int GET = 0x01;
  static final int POST = 0x02;
  static final int CREATED = 0x41;
  static final int CHANGED = 0x44;
  static final int CONTENT = 0x45;

  /** Types: the first two bits behind the version. */
  static final int CONFIRMABLE = 0x40;

  static final int ACKNOWLEDGEMENT = 0x60;
  static final int RESET = 0x70;

  static final int OBSERVE = 6;
  static final int LOCATION = 8;
  private static final int URI_PATH = 11;
  private static final int CONTENT_FORMAT = 12;
  private static final int URI_QUERY = 15;

  static final int LINK_FORMAT = 40;
  static final int TLV = 11542;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int last;

  Lwm2mOctets(int type, int code, int mid, byte[] token) {
    out.write(type | token.length);
    out.write(code);
    out.write(mid >> 8);
    out.write(mid);
    out.writeBytes(token);
  }

  Lwm2mOctets option(int number, byte[] value) {
    int delta = number - last;
    last = number;
    out.write(Math.min(13, delta) << 4 | Math.min(13, value.length));
    if (delta >= 13) {
      out.write(delta - 13);
    }
    if (value.length >= 13) {
      out.write(value.length - 13);
    }
    out.writeBytes(value);
    return this;
  }

  Lwm2mOctets path(String... segments) {
    for (String segment : segments) {
      option(URI_PATH, segment.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  Lwm2mOctets query(String text) {
    return option(URI_QUERY, text.getBytes(StandardCharsets.UTF_8));
  }

  Lwm2mOctets format(int number) {
    return option(
        CONTENT_FORMAT,
        number < 256
            ? new byte[] {(byte) number}
            : new byte[] {(byte) (number >> 8), (byte) number});
  }

  Lwm2mOctets observe(int sequence) {
    return option(
        OBSERVE, new byte[] {(byte) (sequence >> 16), (byte) (sequence >> 8), (byte) sequence});
  }

  byte[] payload(byte[] octets) {
    out.write(0xFF);
    out.writeBytes(octets);
    return out.toByteArray();
  }

  byte[] end() {
    return out.toByteArray();
  }

  /** A registration (LwM2M 1.1, clause 6.2.1) of a thermometer. */
  static byte[] register(int mid, String endpoint) {
    return new Lwm2mOctets(CONFIRMABLE, POST, mid, new byte[0])
        .path("rd")
        .format(LINK_FORMAT)
        .query("ep=" + endpoint)
        .query("lt=86400")
        .query("lwm2m=1.1")
        .query("b=U")
        .payload("</3303/0>".getBytes(StandardCharsets.UTF_8));
  }

  /** 5700 of 8 octets, in TLV (LwM2M 1.1, clause 7.4.3). */
  static byte[] temperature(double value) {
    return ByteBuffer.allocate(12)
        .put(new byte[] {(byte) 0xE8, 0x16, 0x44, 0x08})
        .putDouble(value)
        .array();
  }

  static int type(ByteBuffer message) {
    return message.get(0) & 0x70;
  }

  static int code(ByteBuffer message) {
    return message.get(1) & 0xFF;
  }

  static int mid(ByteBuffer message) {
    return message.getShort(2) & 0xFFFF;
  }

  static byte[] token(ByteBuffer message) {
    byte[] token = new byte[message.get(0) & 0x0F];
    message.get(4, token);
    return token;
  }

  /** Told of each option. */
  @FunctionalInterface
  interface Option {
    void is(int number, byte[] value);
  }

  static void options(ByteBuffer message, Option told) {
    int at = 4 + (message.get(0) & 0x0F);
    int number = 0;
    while (at < message.limit() && message.get(at) != (byte) 0xFF) {
      int delta = (message.get(at) & 0xF0) >> 4;
      int length = message.get(at) & 0x0F;
      at++;
      if (delta == 13) {
        delta += message.get(at++) & 0xFF;
      } else if (delta == 14) {
        delta = 269 + (message.getShort(at) & 0xFFFF);
        at += 2;
      }
      if (length == 13) {
        length += message.get(at++) & 0xFF;
      }
      number += delta;
      byte[] value = new byte[length];
      message.get(at, value);
      told.is(number, value);
      at += length;
    }
  }
}
