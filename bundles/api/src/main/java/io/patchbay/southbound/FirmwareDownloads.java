package io.patchbay.southbound;

import java.util.Optional;

/** What devices may pull; a service of the campaign engine, for those who serve it. */
public interface FirmwareDownloads {
  /**
   * The image of a token, in constant time; empty when the token is none or its campaign has ended.
   * What follows must tell a stranger no more than that. Must not be logged.
   */
  Optional<FirmwareImage> find(String token);
}
