package io.patchbay.camel.mqtt;

/** Reason codes of MQTT 5.0, clause 2.4, in words that say what to do. */
final class ReasonCodes {
  static final int CLIENT_ID_NOT_VALID = 0x85;
  static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
  static final int NOT_AUTHORIZED = 0x87;
  static final int BANNED = 0x8A;
  static final int SESSION_TAKEN_OVER = 0x8E;
  static final int PACKET_TOO_LARGE = 0x95;
  static final int QUOTA_EXCEEDED = 0x97;

  private ReasonCodes() {}

  /** Whether trying again soon is of no use. */
  static boolean needsSomebody(int code) {
    return code == CLIENT_ID_NOT_VALID
        || code == BAD_USER_NAME_OR_PASSWORD
        || code == NOT_AUTHORIZED
        || code == BANNED;
  }

  static String words(int code) {
    String hex = "0x" + Integer.toHexString(code).toUpperCase(java.util.Locale.ROOT);
    return switch (code) {
      case CLIENT_ID_NOT_VALID ->
          "the broker does not accept the client id; choose another clientId (" + hex + ")";
      case BAD_USER_NAME_OR_PASSWORD ->
          "the broker does not know this user and password; check user and secret (" + hex + ")";
      case NOT_AUTHORIZED ->
          "the broker does not allow it; check the user's rights on the broker (" + hex + ")";
      case BANNED -> "the broker has banned this client; ask its administrator (" + hex + ")";
      case SESSION_TAKEN_OVER ->
          "another client connected with the same client id and took the session over; give each"
              + " its own clientId, then change this configuration or restart ("
              + hex
              + ")";
      case QUOTA_EXCEEDED -> "a quota of the broker is exhausted (" + hex + ")";
      case 0x8B -> "the broker is shutting down (" + hex + ")";
      case 0x8D -> "the broker heard nothing for too long (" + hex + ")";
      case 0x8F, 0x90 -> "the broker does not accept the topic (" + hex + ")";
      case 0x93 -> "the broker says that too many messages were on their way (" + hex + ")";
      case PACKET_TOO_LARGE -> "the packet is larger than the broker accepts (" + hex + ")";
      case 0x99 -> "the broker does not accept the payload's format (" + hex + ")";
      case 0xA1 -> "the broker offers no subscription identifiers (" + hex + ")";
      case 0xA2 -> "the broker offers no wildcard subscriptions (" + hex + ")";
      default -> "the broker refused with reason code " + hex;
    };
  }
}
