package io.patchbay.southbound;

import java.io.Serial;

/** A payload that is not what the profile says. Carries no stack: garbage must stay cheap. */
public final class DecodeException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final Rejection reason;

  /**
   * @param detail where and what, for a person
   */
  public DecodeException(Rejection reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
  }

  public Rejection reason() {
    return reason;
  }

  /** Where and what, for a person. */
  public String detail() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
