package io.patchbay.camel;

/**
 * Names of the message headers, and of a property, that the {@code hub:} component sets and reads.
 */
public final class HubHeaders {
  /** Name of the thing, text. */
  public static final String THING = "HubThing";

  /** Name of the property, or of the event; text. */
  public static final String PROPERTY = "HubProperty";

  /** The value as plain Java: Boolean, Long, Double, String or byte[]; of a status, its word. */
  public static final String VALUE = "HubValue";

  /** SenML unit, text; absent when there is none. */
  public static final String UNIT = "HubUnit";

  /** {@code id@version} of the profile that made it, text. */
  public static final String PROFILE = "HubProfile";

  /** When it was measured, Instant. */
  public static final String TIME = "HubTime";

  /** When the hub got it, Instant. */
  public static final String RECEIVED = "HubReceived";

  /** GOOD, UNCERTAIN, STALE or BAD; text, of readings alone. */
  public static final String QUALITY = "HubQuality";

  /** What {@code hub:threshold} ({@code above}, {@code below}) and {@code hub:silence} tell. */
  public static final String STATE = "HubState";

  /** Its place in the journal, Long. */
  public static final String SEQUENCE = "HubSequence";

  /** Name of the action to invoke, text. */
  public static final String ACTION = "HubAction";

  /**
   * When a command stops being worth sending: Instant, ISO 8601 text or milliseconds since 1970.
   */
  public static final String DEADLINE = "HubDeadline";

  /** The {@link io.patchbay.southbound.Origin} of a list of uplinks. */
  public static final String ORIGIN = "HubOrigin";

  /**
   * Property of the exchange, an AtomicBoolean, where several uplinks of a thing are under way at
   * once: true from when an earlier one has failed. What has not been sent yet must fail then; all
   * of it comes again, in order.
   */
  public static final String BROKEN_OFF = "HubBrokenOff";

  private HubHeaders() {}
}
