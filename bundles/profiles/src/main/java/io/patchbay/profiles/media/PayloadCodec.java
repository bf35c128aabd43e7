package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one entry of a profile's {@code codecs} does: octets to a document in which paths are looked
 * up, and values to octets. Compiled once per profile and used by many threads at once.
 */
interface PayloadCodec {
  /**
   * What is known of octets besides.
   *
   * @param port of a LoRaWAN frame; 0 when there is none
   */
  record Envelope(int port, Instant received) {}

  /**
   * What was found.
   *
   * @param fault why the octets could be read only so far; empty when they were read to their end
   * @param warnings what the codec says besides, for people
   */
  record Unpacked(JsonNode document, Optional<String> fault, List<String> warnings) {
    public Unpacked {
      warnings = List.copyOf(warnings);
    }

    public Unpacked(JsonNode document, Optional<String> fault) {
      this(document, fault, List.of());
    }
  }

  /**
   * What is sent.
   *
   * @param port of a LoRaWAN frame; 0 when the codec says none
   */
  record Packed(Bytes octets, int port) {}

  /**
   * Looks for what only shows when the codec is used.
   *
   * @throws IllegalArgumentException naming what is wrong
   */
  default void check() {}

  /**
   * @throws DecodeException when nothing of it can be read
   */
  Unpacked unpack(byte[] octets, Envelope envelope) throws DecodeException;

  /**
   * @throws IllegalArgumentException saying what is missing or does not fit
   */
  Packed pack(Map<String, Value> values);
}
