package io.patchbay.southbound;

import java.net.URI;

/**
 * The embedded broker's door for the hub itself, a service of the broker while it accepts the hub's
 * own connections. Devices are let in only after the hub has subscribed.
 */
public interface HubBroker {
  /** Where the hub's own clients connect ({@code tcp://127.0.0.1:40123}). */
  URI uri();
}
