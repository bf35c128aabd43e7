package io.patchbay.profiles;

import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A frame as somebody writes it at a prompt: {@code TOPIC=PAYLOAD}, {@code TOPIC @FILE}, or a
 * payload alone.
 *
 * @param address empty when it was left out
 */
record TryFrame(Optional<String> address, Bytes payload) {
  /** Octets of a file. */
  private static final int LARGEST = 1 << 20;

  static final String ACCEPTED =
      "TOPIC=PAYLOAD, TOPIC @FILE, or a payload alone; a payload is text, 0xHEX, base64:TEXT or"
          + " @FILE";

  /**
   * @throws IllegalArgumentException naming the word that is not understood
   */
  static List<TryFrame> read(List<String> words) throws IOException {
    List<TryFrame> frames = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      int equals = word.indexOf('=');
      boolean next = i + 1 < words.size() && words.get(i + 1).startsWith("@");
      if (alone(word)) {
        frames.add(new TryFrame(Optional.empty(), payload(word)));
      } else if (next && !word.endsWith("=")) {
        frames.add(new TryFrame(Optional.of(word), payload(words.get(++i))));
      } else if (equals > 0) {
        frames.add(
            new TryFrame(
                Optional.of(word.substring(0, equals)), payload(word.substring(equals + 1))));
      } else {
        throw new IllegalArgumentException(
            "'" + word + "' is not understood as a frame; accepted: " + ACCEPTED);
      }
    }
    return frames;
  }

  private static boolean alone(String word) {
    return word.startsWith("0x")
        || word.startsWith("base64:")
        || word.startsWith("@")
        || word.startsWith("{")
        || word.startsWith("[");
  }

  private static Bytes payload(String text) throws IOException {
    try {
      if (text.startsWith("@")) {
        try (InputStream in = Files.newInputStream(Path.of(text.substring(1)))) {
          return Bytes.wrap(in.readNBytes(LARGEST));
        }
      } else if (text.startsWith("0x")) {
        return Bytes.wrap(HexFormat.of().parseHex(text.substring(2).replaceAll("[\\s:_-]", "")));
      } else if (text.startsWith("base64:")) {
        return Bytes.wrap(
            Base64.getDecoder()
                .decode(text.substring(7).strip().replace('-', '+').replace('_', '/')));
      }
      return Bytes.utf8(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' names no file", e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' cannot be read: " + e.getMessage() + "; accepted: " + ACCEPTED, e);
    } catch (IOException e) {
      throw new IOException("'" + text.substring(1) + "' cannot be read: " + e.getMessage(), e);
    }
  }
}
