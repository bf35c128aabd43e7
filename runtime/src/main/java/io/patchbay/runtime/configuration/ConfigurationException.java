package io.patchbay.runtime.configuration;

import java.io.Serial;

/** A setting cannot be used; the message names the place, the key and what is accepted. */
public final class ConfigurationException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  ConfigurationException(String where, String message) {
    super(where + ": " + message);
  }
}
