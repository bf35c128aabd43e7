package io.patchbay.profiles.media;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.southbound.DecodeException;
import io.patchbay.thing.Value;
import java.time.Instant;
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
   */
  record Unpacked(JsonNode document, Optional<String> fault) {}

  /**
   * @throws DecodeException when nothing of it can be read
   */
  Unpacked unpack(byte[] octets, Envelope envelope) throws DecodeException;

  /**
   * @throws IllegalArgumentException saying what is missing or does not fit
   */
  byte[] pack(Map<String, Value> values);
}
