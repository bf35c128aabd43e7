package io.patchbay.binding.coap;

import org.osgi.framework.BundleContext;

/**
 * Where devices post to.
 *
 * @param port with the offset; 0 for any, below 0 for none
 */
record DoorSettings(String host, int port, int maxPayload) {
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
        config.port() > 0 ? config.port() + moved : config.port(),
        config.maxPayload());
  }
}
