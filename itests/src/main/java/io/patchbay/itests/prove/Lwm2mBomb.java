package io.patchbay.itests.prove;

import io.patchbay.thing.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a registered device should not have said, one of each kind.
 *
 * @param format Content-Format
 */
record Lwm2mBomb(String kind, int format, Bytes payload) {
  private static final int TEXT = 0;
  private static final int CBOR = 60;
  private static final int SENML_JSON = 110;
  private static final int SENML_CBOR = 112;
  private static final int JSON = 11543;
  private static final int DEEP = 900;

  /** Each in one datagram. */
  static final List<Lwm2mBomb> SMALL =
      List.of(
          octets("arrays in arrays", SENML_CBOR, repeated(0x81, DEEP)),
          octets("maps in maps", SENML_CBOR, repeated(0xA1, DEEP)),
          octets("tags of tags", SENML_CBOR, repeated(0xC1, DEEP)),
          octets("endless arrays", SENML_CBOR, repeated(0x9F, DEEP)),
          octets("2^63 records", SENML_CBOR, length(0x9B)),
          octets("a map of 2^63", SENML_CBOR, length(0xBB)),
          octets("2^63 octets", SENML_CBOR, length(0x5B)),
          octets("a text of 2^63", SENML_CBOR, length(0x7B)),
          octets("a record that is none", SENML_CBOR, 0x81, 0x01),
          octets("no number", SENML_CBOR, 0x81, 0xA1, 0x02, 0xFB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0),
          octets("a number of 900 octets", SENML_CBOR, bignum()),
          octets("nothing, in CBOR", CBOR, repeated(0x81, DEEP)),
          octets("longer than it is", Lwm2mOctets.TLV, 0xF8, 0x16, 0x44, 0xFF, 0xFF, 0xFF, 1),
          octets("instances in instances", Lwm2mOctets.TLV, nested()),
          octets("half a float", Lwm2mOctets.TLV, 0xE3, 0x16, 0x44, 1, 2, 3),
          octets("a value of many values", Lwm2mOctets.TLV, repeated(0x86, DEEP)),
          octets("zeros", Lwm2mOctets.TLV, repeated(0, DEEP)),
          text("brackets", SENML_JSON, "[".repeat(DEEP)),
          text("objects", SENML_JSON, "[" + "{\"v\":".repeat(DEEP / 5)),
          text(
              "900 digits",
              SENML_JSON,
              "[{\"n\":\"/3303/0/5700\",\"v\":" + "9".repeat(DEEP) + "}]"),
          text("beyond numbers", SENML_JSON, "[{\"n\":\"/3303/0/5700\",\"v\":1e99999}]"),
          text("a path of its own", SENML_JSON, "[{\"n\":\"/3303/0/5700/1/2/3\",\"v\":1}]"),
          text("somebody's path", SENML_JSON, "[{\"n\":\"/65535/65535/65535\",\"v\":1}]"),
          text("no path", SENML_JSON, "[{\"n\":\"x\",\"v\":1}]"),
          text("old JSON in itself", JSON, "{\"e\":".repeat(DEEP / 5)),
          text("a word", TEXT, "warm"),
          text("an unknown format", 65_000, "?"));

  /** Each in blocks, of nearly as much as the hub takes. */
  static final List<Lwm2mBomb> LARGE =
      List.of(
          octets("60,000 arrays in arrays", SENML_CBOR, repeated(0x81, 60_000)),
          octets("60,000 tags of tags", SENML_CBOR, repeated(0xC1, 60_000)),
          text("60,000 brackets", SENML_JSON, "[".repeat(60_000)),
          text("12,000 objects", SENML_JSON, "{\"v\":".repeat(12_000)),
          text("12,000 old objects", JSON, "{\"e\":".repeat(12_000)),
          octets("60,000 zeros", Lwm2mOctets.TLV, repeated(0, 60_000)));

  private static Lwm2mBomb text(String kind, int format, String text) {
    return new Lwm2mBomb(kind, format, Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Lwm2mBomb octets(String kind, int format, int... octets) {
    byte[] payload = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      payload[i] = (byte) octets[i];
    }
    return new Lwm2mBomb(kind, format, Bytes.wrap(payload));
  }

  private static int[] repeated(int octet, int times) {
    int[] all = new int[times];
    Arrays.fill(all, octet);
    return all;
  }

  private static int[] length(int head) {
    return new int[] {head, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0};
  }

  /** {@code [{2: 2(h'FF…')}]}. */
  private static int[] bignum() {
    int[] all = repeated(0xFF, DEEP + 7);
    int[] head = {0x81, 0xA1, 0x02, 0xC2, 0x59, DEEP >> 8, DEEP & 0xFF};
    System.arraycopy(head, 0, all, 0, head.length);
    return all;
  }

  /** Object instances that hold object instances. */
  private static int[] nested() {
    int[] all = repeated(0, DEEP);
    for (int i = 0; i + 3 < DEEP; i += 4) {
      int left = DEEP - i - 4;
      all[i] = 0x10;
      all[i + 1] = 0;
      all[i + 2] = left >> 8;
      all[i + 3] = left & 0xFF;
    }
    return all;
  }
}
