package io.patchbay.camel.mqtt;

import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.condition.Condition;

/**
 * Keeps the connections: the named ones, and those that route files open for themselves, which are
 * shared by name and outlast their last user for a moment, so that a route is swapped behind them.
 */
@Component(service = {ConnectionPool.class, MqttConnections.class, Health.class, Metrics.class})
public final class ConnectionPool implements MqttConnections, Health, Metrics {
  private static final long LINGER_MILLIS = 3_000;

  /** While bundles are replaced a named connection may be away for a moment. */
  private static final long EARLY_MILLIS = 3_000;

  private static final String SUBSCRIBED = "patchbay.mqtt.subscribed";

  private static final class Named {
    final Connection connection;
    @Nullable ServiceRegistration<Condition> condition;

    Named(Connection connection) {
      this.connection = connection;
    }
  }

  private static final class Shared {
    final Connection connection;
    final OwnThread handOut;
    int users;

    Shared(Connection connection, OwnThread handOut) {
      this.connection = connection;
      this.handOut = handOut;
    }
  }

  private final Optional<BundleContext> bundle;
  private final Optional<Path> state;
  private final Map<String, Named> named = new TreeMap<>();
  private final Map<String, Map<String, Integer>> wanted = new HashMap<>();

  /** Publications for connections that are not there yet; at most {@link Outbox#WAITING} each. */
  private final Map<String, ArrayDeque<Publication>> early = new HashMap<>();

  private final Map<String, Shared> shared = new TreeMap<>();
  private final Set<Consumer<Status>> watchers = new CopyOnWriteArraySet<>();
  private final Object telling = new Object();
  private final OwnThread timer;
  private volatile boolean closed;

  /** In a framework. */
  @Activate
  public ConnectionPool(BundleContext context) {
    this(Optional.of(context), state(context));
  }

  /** Without a framework: no condition services. */
  ConnectionPool(Optional<Path> state) {
    this(Optional.empty(), state);
  }

  private ConnectionPool(Optional<BundleContext> bundle, Optional<Path> state) {
    this.bundle = bundle;
    this.state = state;
    timer = new OwnThread("patchbay-mqtt-pool");
  }

  private static Optional<Path> state(BundleContext context) {
    String data = context.getProperty("patchbay.data");
    return data == null ? Optional.empty() : Optional.of(Path.of(data, "state", "mqtt"));
  }

  /** Where the session of a named connection is remembered; empty without a data directory. */
  Optional<SessionMemory> memory(String name) {
    return state.map(folder -> new SessionMemory(folder.resolve(name + ".session")));
  }

  /**
   * Opens a named connection.
   *
   * @return closes it
   * @throws IllegalStateException when there is one of that name
   */
  Runnable open(ConnectionSettings settings) {
    String name = settings.name();
    Connection connection =
        new Connection(
            settings, memory(name), Optional.empty(), this::tell, () -> subscribed(name));
    synchronized (named) {
      if (named.containsKey(name)) {
        connection.close();
        throw new IllegalStateException(
            "there are two MQTT connections named '" + name + "'; rename or remove one");
      }
      named.put(name, new Named(connection));
      Map<String, Integer> filters = wanted.get(name);
      if (filters != null) {
        CompletionStage<Void> unused = connection.want(filters);
      }
      ArrayDeque<Publication> waiting = early.remove(name);
      if (waiting != null) {
        waiting.forEach(connection.outbox::publish);
      }
    }
    tell(connection.status());
    connection.open();
    return () -> close(name, connection);
  }

  private void close(String name, Connection connection) {
    Named gone;
    synchronized (named) {
      Named now = named.get(name);
      gone = now != null && now.connection == connection ? named.remove(name) : null;
    }
    if (gone != null) {
      unregister(gone);
      connection.close();
    }
  }

  private void tell(Status status) {
    if (status.phase() != Phase.UP) {
      synchronized (named) {
        Named gone = named.get(status.connection());
        if (gone != null && status.phase() == Phase.GONE) {
          unregister(gone);
        }
      }
    }
    synchronized (telling) {
      watchers.forEach(watcher -> watcher.accept(status));
    }
  }

  /** Registered the first time; it stays over reconnects, because the session stays subscribed. */
  private void subscribed(String name) {
    synchronized (named) {
      Named up = named.get(name);
      if (bundle.isPresent() && up != null && up.condition == null) {
        Map<String, Object> properties =
            Map.of(Condition.CONDITION_ID, SUBSCRIBED, "connection", name);
        up.condition =
            bundle
                .get()
                .registerService(
                    Condition.class, Condition.INSTANCE, FrameworkUtil.asDictionary(properties));
      }
    }
  }

  private static void unregister(Named gone) {
    ServiceRegistration<Condition> condition = gone.condition;
    gone.condition = null;
    if (condition != null) {
      try {
        condition.unregister();
      } catch (IllegalStateException e) {
        // the framework was faster
      }
    }
  }

  @Override
  public Watch watch(Consumer<Status> watcher) {
    synchronized (telling) {
      List<Connection> now;
      synchronized (named) {
        now = named.values().stream().map(one -> one.connection).toList();
      }
      watchers.add(watcher);
      now.forEach(one -> watcher.accept(one.status()));
    }
    return () -> watchers.remove(watcher);
  }

  @Override
  public CompletionStage<Void> subscribe(String connection, Map<String, Integer> filters) {
    Map<String, Integer> kept;
    try {
      kept = TopicFilter.cover(filters);
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedStage(e);
    }
    synchronized (named) {
      wanted.put(connection, kept);
      Named now = named.get(connection);
      return now == null
          ? CompletableFuture.failedStage(new IOException(unknown(connection)))
          : now.connection.want(kept);
    }
  }

  /**
   * The named connection.
   *
   * @throws IllegalArgumentException when there is none
   */
  Connection named(String name) {
    synchronized (named) {
      Named found = named.get(name);
      if (found == null) {
        throw new IllegalArgumentException(unknown(name));
      }
      return found.connection;
    }
  }

  /** Publishes over the named connection; waits a moment for it when there is none. */
  void publish(String name, Publication publication) {
    Named found;
    synchronized (named) {
      found = named.get(name);
      if (found == null && !closed) {
        ArrayDeque<Publication> waiting = early.computeIfAbsent(name, key -> new ArrayDeque<>());
        if (waiting.isEmpty()) {
          timer.after(EARLY_MILLIS, () -> refuse(name, waiting));
        }
        if (waiting.size() < Outbox.WAITING) {
          waiting.add(publication);
          return;
        }
      }
    }
    if (found == null) {
      publication.end(new IllegalArgumentException(unknown(name)));
    } else {
      found.connection.outbox.publish(publication);
    }
  }

  private void refuse(String name, ArrayDeque<Publication> waiting) {
    List<Publication> refused = List.of();
    synchronized (named) {
      if (early.remove(name, waiting)) {
        refused = List.copyOf(waiting);
      }
    }
    refused.forEach(one -> one.end(new IllegalArgumentException(unknown(name))));
  }

  private String unknown(String name) {
    return "there is no MQTT connection named '"
        + name
        + "'; there are "
        + named.keySet()
        + "; add the configuration io.patchbay.camel.mqtt.connection~"
        + name;
  }

  /** Uses the connection of these settings' name, opening it when nobody does; release it. */
  Connection share(ConnectionSettings settings) {
    synchronized (shared) {
      if (closed) {
        throw new IllegalStateException("the MQTT connections are being closed");
      }
      Shared found = shared.get(settings.name());
      if (found == null) {
        OwnThread handOut = new OwnThread("patchbay-mqtt-" + settings.name() + "-consume");
        found =
            new Shared(
                new Connection(
                    settings, Optional.empty(), Optional.of(handOut), status -> {}, () -> {}),
                handOut);
        shared.put(settings.name(), found);
        found.connection.open();
      }
      found.users++;
      return found.connection;
    }
  }

  /** Ends what {@link #share} began. */
  void release(Connection connection) {
    synchronized (shared) {
      Shared found = shared.get(connection.settings.name());
      if (found != null && found.connection == connection && --found.users == 0) {
        timer.after(LINGER_MILLIS, () -> closeUnused(connection));
      }
    }
  }

  private void closeUnused(Connection connection) {
    synchronized (shared) {
      Shared found = shared.get(connection.settings.name());
      if (found == null || found.connection != connection || found.users > 0) {
        return;
      }
      shared.remove(connection.settings.name());
      found.handOut.close();
    }
    connection.close();
  }

  private List<Connection> all() {
    List<Connection> all = new ArrayList<>();
    synchronized (named) {
      named.values().forEach(one -> all.add(one.connection));
    }
    synchronized (shared) {
      shared.values().forEach(one -> all.add(one.connection));
    }
    return all;
  }

  @Override
  public List<Check> checks() {
    return all().stream().map(Connection::check).toList();
  }

  @Override
  public List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    for (Connection one : all()) {
      Map<String, String> labels = Map.of("connection", one.settings.name());
      counter(
          samples, labels, "received", "Messages that came from the broker.", one.inbox.received);
      counter(samples, labels, "acknowledged", "Messages acknowledged.", one.inbox.acknowledged);
      counter(
          samples,
          labels,
          "offered_again",
          "Messages not taken at once, offered again.",
          one.inbox.offeredAgain);
      counter(
          samples,
          labels,
          "dropped",
          "QoS 0 messages for which no room was left.",
          one.inbox.dropped);
      counter(
          samples, labels, "published", "Messages the broker has confirmed.", one.outbox.published);
      counter(samples, labels, "reconnects", "Connections made again.", one.reconnects);
      samples.add(
          Sample.gauge(
              "patchbay_mqtt_in_flight",
              "Messages received and not acknowledged.",
              labels,
              one.inbox.unacknowledged()));
      samples.add(
          Sample.gauge(
              "patchbay_mqtt_longest_swap_seconds",
              "Longest time without a consumer while one was swapped for the next.",
              labels,
              one.inbox.longestSwap().toNanos() / 1e9));
      samples.add(
          Sample.gauge(
              "patchbay_mqtt_publishing",
              "Messages that wait for the broker's confirmation.",
              labels,
              one.outbox.pending()));
      samples.add(
          Sample.gauge(
              "patchbay_mqtt_up",
              "1 while connected.",
              labels,
              one.status().phase() == Phase.UP ? 1 : 0));
    }
    return samples;
  }

  private static void counter(
      List<Sample> samples, Map<String, String> labels, String what, String help, LongAdder value) {
    samples.add(
        Sample.counter("patchbay_mqtt_" + what + "_total", help, labels, value.doubleValue()));
  }

  /** Closes every connection; what the broker holds for their sessions stays. */
  @Deactivate
  void close() {
    Set<Connection> rest = new LinkedHashSet<>();
    Map<String, ArrayDeque<Publication>> refused;
    closed = true;
    synchronized (named) {
      refused = Map.copyOf(early);
      named.values().forEach(ConnectionPool::unregister);
      named.values().forEach(one -> rest.add(one.connection));
      named.clear();
    }
    synchronized (shared) {
      shared.values().forEach(one -> rest.add(one.connection));
      shared.values().forEach(one -> one.handOut.close());
      shared.clear();
    }
    refused.forEach(this::refuse);
    rest.forEach(Connection::close);
    timer.close();
  }
}
