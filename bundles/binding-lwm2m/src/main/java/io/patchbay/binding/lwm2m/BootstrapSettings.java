package io.patchbay.binding.lwm2m;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;

/**
 * Where devices come for their account, and what is in it.
 *
 * @param port of plain CoAP, with the offset; 0 for any, below 0 for none
 * @param securePort of CoAP over DTLS, likewise
 * @param unsecured endpoints that are given their first key without DTLS: anybody on the way reads
 *     it
 * @param lifetime of registrations, 1/x/1
 * @param binding mode, 1/x/7: U, or UQ for devices of LwM2M 1.0 that sleep
 */
record BootstrapSettings(
    int port, int securePort, List<String> unsecured, Duration lifetime, String binding) {
  BootstrapSettings {
    unsecured = List.copyOf(unsecured);
    for (String name : unsecured) {
      if (name.endsWith("*")) {
        throw new IllegalArgumentException(
            "bootstrapUnsecured = "
                + name
                + "; accepted: endpoint names, each for itself, for anybody on the way reads the"
                + " keys that they are given");
      }
    }
    if (lifetime.isNegative() || lifetime.isZero()) {
      throw new IllegalArgumentException(
          "bootstrapLifetime = " + lifetime.toSeconds() + "; accepted: 1 on");
    } else if (!binding.matches("[UTSN]Q?[UTSN]?")) {
      throw new IllegalArgumentException(
          "bootstrapBinding = " + binding + "; accepted: a binding mode, as U or UQ");
    }
  }

  static BootstrapSettings of(Lwm2mBinding.Config config, BundleContext bundle) {
    List<String> names = new ArrayList<>();
    for (String name : config.bootstrapUnsecured().split(",", -1)) {
      if (!name.isBlank()) {
        names.add(name.strip());
      }
    }
    return new BootstrapSettings(
        Settings.moved(config.bootstrapPort(), bundle),
        Settings.moved(config.bootstrapSecurePort(), bundle),
        names,
        Duration.ofSeconds(config.bootstrapLifetime()),
        config.bootstrapBinding().strip());
  }
}
