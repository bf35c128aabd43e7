package io.patchbay.southbound;

/**
 * How a delivery is told from its repetition. Kept with the frame in the journal, per connection.
 *
 * @param value at most 64 characters
 */
public record DeliveryId(String value, Kind kind) {

  /** What an equal id in the connection's recent past means. */
  public enum Kind {
    /**
     * The id names one delivery for ever (a device's counter, a message id): equal means the same.
     */
    UNIQUE,
    /** The id can come again for something new (an MQTT packet id): recorded, not compared. */
    FIRST,
    /**
     * Delivered again because a session was resumed: compared, in order, with what was kept last. A
     * {@link #FIRST} delivery ends the comparison.
     */
    RESUMED
  }
}
