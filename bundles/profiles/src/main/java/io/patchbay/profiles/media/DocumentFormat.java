package io.patchbay.profiles.media;

import io.patchbay.southbound.DecodeException;

/** A format of payloads whose documents are walked over token by token. */
@FunctionalInterface
interface DocumentFormat {
  /**
   * @throws DecodeException when the octets are not one document of the format
   */
  void read(byte[] octets, Json.Walk walk) throws DecodeException;
}
