package io.patchbay.binding.lwm2m;

import static org.awaitility.Awaitility.await;

import io.patchbay.access.Secrets;
import io.patchbay.dtls.Authority;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A binding on loopback as a test wants it; unless that says otherwise without DTLS, on any port,
 * for registered things only, ten of them.
 */
final class TestBinding {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration AWAKE = Duration.ofSeconds(93);

  private final RecordingUplinkPort hub;
  private final FakeHub rooms;
  private final Path data;
  private Path kept;
  private PlainContexts contexts;
  private Secrets secrets;
  private BootstrapSettings bootstrap =
      new BootstrapSettings(-1, -1, List.of(), Duration.ofDays(1), "U");
  private int port;
  private int securePort = -1;
  private List<String> unsecured = List.of();
  private Duration awake = AWAKE;
  private int registrations = 10;
  private Optional<Path> keystore = Optional.empty();
  private Optional<Path> trust = Optional.empty();

  TestBinding(RecordingUplinkPort hub, FakeHub rooms, Path data) {
    this.hub = hub;
    this.rooms = rooms;
    this.data = data;
    kept = data.resolve("lwm2m");
    contexts = new PlainContexts(hub, Map.of());
    secrets = rooms.keys();
  }

  TestBinding port(int number) {
    port = number;
    return this;
  }

  TestBinding securePort(int number) {
    securePort = number;
    return this;
  }

  TestBinding unsecured(String... endpoints) {
    unsecured = List.of(endpoints);
    return this;
  }

  TestBinding awakeSeconds(int seconds) {
    awake = Duration.ofSeconds(seconds);
    return this;
  }

  TestBinding registrations(int most) {
    registrations = most;
    return this;
  }

  /** With a key of its own, for devices of this authority. */
  TestBinding identity(Authority.Identity own, Path trusted) {
    keystore = Optional.of(own.keystore());
    trust = Optional.of(trusted);
    return this;
  }

  TestBinding bootstrap(BootstrapSettings settings) {
    bootstrap = settings;
    return this;
  }

  TestBinding secrets(Secrets others) {
    secrets = others;
    return this;
  }

  TestBinding contexts(PlainContexts others) {
    contexts = others;
    return this;
  }

  /** What must survive is there. */
  TestBinding kept(Path folder) {
    kept = folder;
    return this;
  }

  Lwm2mBinding made() {
    return new Lwm2mBinding(
        PlainContexts.NO_BUNDLE,
        new Settings(
            "127.0.0.1",
            "",
            port,
            securePort,
            unsecured,
            awake,
            registrations,
            keystore,
            keystore.isPresent() ? Authority.PASSWORD : "",
            trust,
            kept,
            data.resolve("models")),
        bootstrap,
        contexts,
        hub,
        rooms,
        rooms,
        rooms,
        secrets);
  }

  /** One that listens. */
  Lwm2mBinding started() {
    return started(made());
  }

  Lwm2mBinding started(Lwm2mBinding made) {
    made.changed(Set.of());
    await()
        .atMost(LIMIT)
        .until(
            () ->
                bootstrap.securePort() < 0
                    ? made.port(port < 0) != 0
                    : made.bootstrapPort(true) != 0);
    return made;
  }
}
