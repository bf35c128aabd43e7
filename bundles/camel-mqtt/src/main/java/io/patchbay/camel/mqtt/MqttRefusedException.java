package io.patchbay.camel.mqtt;

import java.io.IOException;
import java.io.Serial;

/** The broker refused; the message says what and why. */
public final class MqttRefusedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final int code;

  MqttRefusedException(int code) {
    super(ReasonCodes.words(code));
    this.code = code;
  }

  /** Reason code, 128 to 255 (MQTT 5.0, clause 2.4). */
  public int code() {
    return code;
  }
}
