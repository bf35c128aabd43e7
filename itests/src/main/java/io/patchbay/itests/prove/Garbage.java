package io.patchbay.itests.prove;

import io.patchbay.thing.Bytes;
import java.util.List;

/**
 * Payloads that nobody should have sent, one of each kind.
 *
 * @param topic of a device of the fleet, or of one that speaks SenML
 */
record Garbage(String kind, String topic, Bytes payload) {
  /** Of a device that stands in the directory. */
  static final String NUMBER = "bench/rename/garbage";

  private static final String SENML = "senml/garbage";

  /** Small ones: any number of them. */
  static final List<Garbage> SMALL =
      List.of(
          text("truncated", NUMBER, "{\"val\":12"),
          text("cut in a word", NUMBER, "{\"val\":tru"),
          text("empty", NUMBER, ""),
          text("an object for a number", NUMBER, "{\"val\":{\"a\":1}}"),
          text("a list for a number", NUMBER, "{\"val\":[1]}"),
          text("a word for a number", NUMBER, "{\"val\":\"warm\"}"),
          text("not a number", NUMBER, "{\"val\":NaN}"),
          text("infinite", NUMBER, "{\"val\":1e400}"),
          text("twice", NUMBER, "{\"val\":1,\"val\":2}"),
          text("nothing known", NUMBER, "{\"other\":1}"),
          text("half a surrogate", NUMBER, "{\"val\":\"\\ud800\"}"),
          text("two documents", NUMBER, "{\"val\":1}{\"val\":2}"),
          text("a byte order mark", NUMBER, "\ufeff\ufeff{}"),
          octets("no UTF-8", NUMBER, '{', '"', 'v', 'a', 'l', '"', ':', '"', 0xC3, 0x28, '"', '}'),
          octets("overlong UTF-8", NUMBER, '{', '"', 'v', 'a', 'l', '"', ':', 0xC0, 0xB1, '}'),
          octets("binary", NUMBER, 0, 1, 2, 0xFF, 0xFE, 0x80),
          text("nobody's topic", "bench/rename/nobody", "{\"val\":1}"),
          text("an empty level", "bench/rename/", "{\"val\":1}"),
          text("a name with blanks", "bench/rename/a b\u00e9\ud83d\ude00", "{\"val\":1}"),
          text("a name too long", "senml/" + "x".repeat(1_000), "[{\"n\":\"power\",\"v\":1}]"),
          text("no list", SENML, "{\"n\":\"power\",\"v\":1}"),
          text("a record without a value", SENML, "[{\"n\":\"power\"}]"),
          text("a sum beyond numbers", SENML, "[{\"bv\":1e308,\"n\":\"power\",\"v\":1e308}]"),
          text("a time beyond time", SENML, "[{\"n\":\"power\",\"v\":1,\"t\":1e300}]"),
          text("a version to come", SENML, "[{\"bver\":99,\"n\":\"power\",\"v\":1}]"),
          text("must be understood", SENML, "[{\"n\":\"power\",\"v\":1,\"x_\":1}]"));

  /** Large ones: a few of them. */
  static final List<Garbage> LARGE =
      List.of(
          text("10,000 levels", NUMBER, "[".repeat(10_000)),
          text(
              "10,000 objects deep", NUMBER, "{\"val\":".repeat(10_000) + "1" + "}".repeat(10_000)),
          text("100,000 digits", NUMBER, "{\"val\":" + "9".repeat(100_000) + "}"),
          text("a word of 900 kB", NUMBER, "{\"val\":\"" + "x".repeat(900_000) + "\"}"),
          text("SenML levels", SENML, "[".repeat(10_000)),
          text("SenML bomb", SENML, "[" + "{\"n\":\"nothing\",\"v\":1},".repeat(10_000) + "{}]"),
          text(
              "names that grow",
              SENML,
              "[" + "{\"bn\":\"nothing\"},".repeat(10_000) + "{\"v\":1}]"));

  private static Garbage text(String kind, String topic, String payload) {
    return new Garbage(kind, topic, Bytes.utf8(payload));
  }

  private static Garbage octets(String kind, String topic, int... payload) {
    byte[] octets = new byte[payload.length];
    for (int i = 0; i < payload.length; i++) {
      octets[i] = (byte) payload[i];
    }
    return new Garbage(kind, topic, Bytes.wrap(octets));
  }
}
