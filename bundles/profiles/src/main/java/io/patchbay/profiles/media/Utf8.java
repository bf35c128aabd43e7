package io.patchbay.profiles.media;

import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.Rejection;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** UTF-8 taken by its word (RFC 3629): nothing overlong, no surrogates, nothing cut off. */
final class Utf8 {
  private Utf8() {}

  static void check(byte[] octets) throws DecodeException {
    int all = 0;
    for (byte octet : octets) {
      all |= octet;
    }
    if (all < 0) {
      text(octets);
    }
  }

  static String text(byte[] octets) throws DecodeException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
    } catch (CharacterCodingException e) {
      throw new DecodeException(Rejection.UNDECODABLE, "the payload is not UTF-8");
    }
  }

  /** Whether a text has half a surrogate pair, which no encoding can carry. */
  static boolean broken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return true;
        }
        i++;
      }
    }
    return false;
  }
}
