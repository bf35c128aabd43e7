package io.patchbay.binding.coap;

import org.osgi.framework.BundleContext;

/**
 * Where devices post to.
 *
 * @param port of plain CoAP, with the offset; 0 for any, below 0 for none
 * @param securePort of CoAP over DTLS, likewise
 */
record DoorSettings(String host, int port, int securePort, int maxPayload) {
  private static final int LEAST_PAYLOAD = 1_024;
  private static final int MOST_PAYLOAD = 1 << 20;

  DoorSettings {
    if (maxPayload < LEAST_PAYLOAD || maxPayload > MOST_PAYLOAD) {
      throw new IllegalArgumentException(
          "maxPayload = " + maxPayload + "; accepted: " + LEAST_PAYLOAD + " to " + MOST_PAYLOAD);
    }
  }

  static DoorSettings of(CoapBinding.Config config, BundleContext bundle) {
    String offset = bundle.getProperty("patchbay.offset");
    int moved = offset == null ? 0 : Integer.parseInt(offset);
    return new DoorSettings(
        config.host(),
        moved(config.port(), moved),
        moved(config.securePort(), moved),
        config.maxPayload());
  }

  private static int moved(int port, int offset) {
    return port > 0 ? port + offset : port;
  }
}
