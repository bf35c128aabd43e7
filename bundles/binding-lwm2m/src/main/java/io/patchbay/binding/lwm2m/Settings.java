package io.patchbay.binding.lwm2m;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;

/**
 * How the server is to be.
 *
 * @param address by which devices reach the hub, to pull from it; empty for {@code host}
 * @param port of plain CoAP, with the offset; 0 for any, below 0 for none
 * @param securePort of CoAP over DTLS, likewise
 * @param unsecured endpoint names that may come without DTLS; {@code *} at the end stands for
 *     anything
 * @param awake how long a device in queue mode listens after it was heard
 * @param registrations devices that may be registered; one more is refused
 * @param keystore of the hub's own key, for devices with certificates or public keys
 * @param trust authorities whose devices are believed: file or folder
 * @param data folder of what must survive
 * @param models folder of vendors' object definitions
 */
record Settings(
    String host,
    String address,
    int port,
    int securePort,
    List<String> unsecured,
    Duration awake,
    int registrations,
    Optional<Path> keystore,
    String keystorePassword,
    Optional<Path> trust,
    Path data,
    Path models) {
  Settings {
    unsecured = List.copyOf(unsecured);
    if (awake.isNegative() || awake.isZero() || awake.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "awakeSeconds = " + awake.toSeconds() + "; accepted: 1 to 86400");
    }
    if (registrations < 1) {
      throw new IllegalArgumentException("registrations = " + registrations + "; accepted: 1 on");
    }
  }

  static Settings of(Lwm2mBinding.Config config, BundleContext bundle) {
    Path data =
        Path.of(Optional.ofNullable(bundle.getProperty("patchbay.data")).orElse("data"))
            .toAbsolutePath()
            .normalize();
    return new Settings(
        config.host(),
        config.address().strip(),
        moved(config.port(), bundle),
        moved(config.securePort(), bundle),
        names(config.unsecured()),
        Duration.ofSeconds(config.awakeSeconds()),
        config.registrations(),
        inside(data, config.keystore()),
        config.keystorePassword(),
        inside(data, config.trust()),
        data.resolve("lwm2m"),
        data.resolve(ModelFiles.FOLDER));
  }

  /** Empty when it listens everywhere, and nobody said how it is called. */
  String devicesHost() {
    if (!address.isEmpty()) {
      return address;
    }
    return host.equals("0.0.0.0") || host.equals("::") ? "" : host;
  }

  private static Optional<Path> inside(Path data, String path) {
    return path.isBlank() ? Optional.empty() : Optional.of(data.resolve(path.strip()));
  }

  /** By the offset, when it is a port. */
  static int moved(int port, BundleContext bundle) {
    String offset = bundle.getProperty("patchbay.offset");
    return port > 0 && offset != null ? port + Integer.parseInt(offset) : port;
  }

  private static List<String> names(String list) {
    List<String> names = new ArrayList<>();
    for (String name : list.split(",", -1)) {
      if (!name.isBlank()) {
        names.add(name.strip());
      }
    }
    return names;
  }

  /** Whether the name fits one of these; {@code *} at the end stands for anything. */
  static boolean fits(List<String> patterns, String name) {
    for (String pattern : patterns) {
      if (pattern.endsWith("*")
          ? name.startsWith(pattern.substring(0, pattern.length() - 1))
          : name.equals(pattern)) {
        return true;
      }
    }
    return false;
  }
}
