package io.patchbay.binding.coap;

import io.patchbay.dtls.OwnKey;
import io.patchbay.dtls.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.eclipse.californium.scandium.dtls.x509.CertificateProvider;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;

/**
 * Where devices post to.
 *
 * @param port of plain CoAP, with the offset; 0 for any, below 0 for none
 * @param securePort of CoAP over DTLS, likewise
 * @param keystore of the hub's own key, and the authorities it believes: see {@link OwnKey} and
 *     {@link Trust}
 * @param registrations folder of the registered endpoints
 * @param discover addresses of devices that are asked what they have
 */
record DoorSettings(
    String host,
    int port,
    int securePort,
    int maxPayload,
    Optional<Path> keystore,
    String keystorePassword,
    Optional<Path> trust,
    Path registrations,
    List<String> discover) {
  private static final int LEAST_PAYLOAD = 1_024;
  private static final int MOST_PAYLOAD = 1 << 20;

  DoorSettings {
    if (maxPayload < LEAST_PAYLOAD || maxPayload > MOST_PAYLOAD) {
      throw new IllegalArgumentException(
          "maxPayload = " + maxPayload + "; accepted: " + LEAST_PAYLOAD + " to " + MOST_PAYLOAD);
    }
    discover = List.copyOf(discover);
    for (String address : discover) {
      if (!ResourceForm.absolute(address)) {
        throw new IllegalArgumentException(
            "discover = " + address + "; accepted: coap://HOST:PORT, coaps://HOST:PORT");
      }
    }
  }

  static DoorSettings of(CoapBinding.Config config, BundleContext bundle) {
    String offset = bundle.getProperty("patchbay.offset");
    String folder = bundle.getProperty("patchbay.data");
    int moved = offset == null ? 0 : Integer.parseInt(offset);
    Path data = Path.of(folder == null ? "data" : folder);
    return new DoorSettings(
        config.host(),
        moved(config.port(), moved),
        moved(config.securePort(), moved),
        config.maxPayload(),
        inside(data, config.keystore()),
        config.keystorePassword(),
        inside(data, config.trust()),
        data.resolve("coap").resolve("registrations"),
        List.of(config.discover()));
  }

  private static Optional<Path> inside(Path data, String name) {
    return name.isEmpty() ? Optional.empty() : Optional.of(data.resolve(name));
  }

  private static int moved(int port, int offset) {
    return port > 0 ? port + offset : port;
  }

  /** The hub's own key; null when none is configured. */
  @Nullable CertificateProvider ownKey() throws IOException {
    return keystore.isEmpty() ? null : OwnKey.of(keystore.get(), keystorePassword);
  }

  @Override
  public String toString() {
    return host + ":" + port + ", " + securePort;
  }
}
