package io.patchbay.itests.prove;

import io.patchbay.itests.Mosquitto;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What every proof plays on: a fleet that talks, a packed hub, and a receiver behind it that misses
 * nothing. The fleet's broker is the hub's own or one outside.
 */
final class Scene implements AutoCloseable {
  /** For what takes a second on a machine that has nothing else to do. */
  private static final long PATIENCE_SECONDS = 180;

  final Fleet fleet;
  final Sender sender;
  final Findings findings = new Findings();
  private final Path data;
  private final Optional<Mosquitto> outside;
  private final List<String> settings;
  private final Map<String, String> environment;

  private final int offset = RunningHub.freeOffset();
  private final AtomicBoolean loading = new AtomicBoolean();
  private final AtomicReference<Exception> failed = new AtomicReference<>();
  private @Nullable Thread load;
  private RunningHub hub;
  private final North north;

  private Scene(
      Path data,
      int things,
      Optional<Mosquitto> outside,
      Map<String, String> environment,
      List<String> settings)
      throws IOException, InterruptedException, TimeoutException {
    this.data = data;
    this.outside = outside;
    this.environment = environment;
    this.settings = settings;
    fleet = new Fleet(things);
    fleet.prepare(data, outside.isPresent() ? "outside" : "local");
    sender = new Sender(fleet);
    hub = RunningHub.start(data, offset, environment, settings.toArray(new String[0]));
    north = new North(fleet, hub.mqttPort(), List.of(hub.mqttLogin()));
  }

  /** With the hub's own broker. */
  static Scene inside(Path data, int things, String... settings)
      throws IOException, InterruptedException, TimeoutException {
    return inside(data, things, Map.of(), settings);
  }

  /**
   * With the hub's own broker.
   *
   * @param environment variables of the hub's process
   */
  static Scene inside(Path data, int things, Map<String, String> environment, String... settings)
      throws IOException, InterruptedException, TimeoutException {
    return new Scene(data, things, Optional.empty(), environment, List.of(settings));
  }

  /** With a broker as one likes. */
  static Scene of(Path data, int things, Terms terms)
      throws IOException, InterruptedException, TimeoutException {
    if (!terms.outside()) {
      return inside(data, things);
    }
    Mosquitto broker = Mosquitto.start(data.resolve("broker-outside"));
    return outside(data, things, broker, broker.port());
  }

  /**
   * With the fleet on a broker outside.
   *
   * @param port where the hub finds it
   */
  static Scene outside(Path data, int things, Mosquitto broker, int port)
      throws IOException, InterruptedException, TimeoutException {
    return new Scene(
        data,
        things,
        Optional.of(broker),
        Map.of(),
        List.of(
            "io.patchbay.camel.mqtt.connection~outside:url=tcp://127.0.0.1:" + port,
            "io.patchbay.camel.mqtt.connection~outside:keepAlive=5"));
  }

  RunningHub hub() {
    return hub;
  }

  Api api() {
    return new Api(hub);
  }

  North north() {
    return north;
  }

  Path data() {
    return data;
  }

  /** The fleet talks from now on; it connects again when its broker comes back. */
  void load(int perSecond) throws IOException {
    int port = outside.map(Mosquitto::port).orElse(hub.mqttPort());
    List<String> login = outside.isPresent() ? List.of() : List.of(hub.mqttLogin());
    loading.set(true);
    load =
        new Thread(
            () -> {
              try {
                while (loading.get()) {
                  sender.run(port, login, perSecond, loading::get);
                }
              } catch (IOException | InterruptedException | RuntimeException e) {
                failed.set(e);
              }
            },
            "prove-load");
    load.start();
  }

  /** The fleet falls silent, and has what it said acknowledged. */
  void silence() throws IOException, InterruptedException {
    loading.set(false);
    if (load != null) {
      load.join();
    }
    Exception problem = failed.getAndSet(null);
    if (problem != null) {
      throw new IOException("the load could not be sent", problem);
    }
  }

  /** Waits until so many messages have come through. */
  void await(long delivered) throws IOException, InterruptedException {
    if (!Drain.until(PATIENCE_SECONDS, () -> north.delivered() >= delivered)) {
      throw new IOException(
          "after " + PATIENCE_SECONDS + " s only " + north.delivered() + " messages came through");
    }
  }

  /** kill -9, while the fleet talks. */
  void kill() throws IOException, InterruptedException {
    hub.kill();
    silence();
  }

  /** Starts the hub on what the one before left and kills it again, ready or not. */
  void startAndKill(Duration after) throws IOException, InterruptedException {
    RunningHub.startAndKill(data, offset, environment, after, settings.toArray(new String[0]));
  }

  /** Starts the hub again on what the one before left. */
  void startAgain() throws IOException, InterruptedException, TimeoutException {
    hub = RunningHub.start(data, offset, environment, settings.toArray(new String[0]));
    api().checkLedger("after a start", findings);
    north.reconnect(hub.mqttPort(), List.of(hub.mqttLogin()));
  }

  /**
   * Lets everything end that is under way, and counts.
   *
   * @param longestGapMs of the flow that was to be undisturbed
   */
  Proof verdict(int rounds, long longestGapMs) throws IOException, InterruptedException {
    silence();
    boolean unused = Drain.until(() -> north.delivered() >= sender.acknowledged());
    Stored stored = Stored.read(api(), fleet);
    Stored.Absent absent = stored.missingIn(north);
    findings.expect(
        absent.count() == 0,
        absent.count() + " stored messages did not come out north: " + absent.named());
    findings.figure("deliveredTwice", north.repeated());
    findings.figure("outOfOrder.journal", stored.outOfOrder());
    findings.figure("outOfOrder.north", north.outOfOrder());
    api().checkLedger("at the end", findings);
    Vitals end = Vitals.of(hub);
    if (end.retained() > 0) {
      Vitals.dump(hub, data);
    }
    findings.expect(end.retained() == 0, "class loaders of replaced bundles are still there");
    return new Proof(
        rounds,
        sender.sent(),
        sender.acknowledged(),
        stored.count(),
        north.delivered(),
        stored.missing(sender),
        stored.duplicates(),
        stored.outOfOrder() + north.outOfOrder(),
        longestGapMs,
        end.retained(),
        findings.figures(),
        findings.problems());
  }

  @Override
  public void close() throws IOException {
    loading.set(false);
    try {
      hub.kill();
      north.close();
      outside.ifPresent(Mosquitto::close);
      if (load != null) {
        load.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the hub stopped", e);
    }
  }
}
