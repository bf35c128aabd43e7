package io.patchbay.binding.mqtt;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.camel.mqtt.MqttConnections;
import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.camel.mqtt.MqttConnections.Status;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.builder.RouteBuilder;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The binding: one route up per connection, one route down, and what the connections listen to. It
 * needs the profiles, because what it is told before they are loaded is not what they want.
 */
@Component(
    immediate = true,
    service = InterestListener.class,
    property = DownlinkPort.SCHEME + "=" + MqttProtocol.SCHEME)
public final class MqttBinding implements InterestListener, Downlink.Listening {
  private static final Logger LOG = LoggerFactory.getLogger(MqttBinding.class);
  private static final long RETRY_MILLIS = 1_000;

  private record Answered(String connection, String pattern) {}

  private final BundleContext bundle;
  private final Contexts contexts;
  private final UplinkPort uplink;
  private final MqttConnections connections;
  private final Topics topics = new Topics();
  private final Answers answers = new Answers();
  private final Map<Answered, CompletionStage<Void>> ensured = new ConcurrentHashMap<>();
  private final Map<String, Status> known = new ConcurrentHashMap<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final ScheduledThreadPoolExecutor worker;
  private final MqttConnections.Watch watch;
  private final RunningRoutes down;

  /** Routes up by connection; on the worker's thread alone, after it on the one that stops. */
  private final Map<String, RunningRoutes> up = new HashMap<>();

  @Activate
  public MqttBinding(
      BundleContext bundle,
      @Reference Contexts contexts,
      @Reference UplinkPort uplink,
      @Reference MqttConnections connections,
      @Reference Profiles profiles)
      throws Exception {
    this(bundle, contexts, uplink, connections);
  }

  MqttBinding(
      BundleContext bundle, Contexts contexts, UplinkPort uplink, MqttConnections connections)
      throws Exception {
    this.bundle = bundle;
    this.contexts = contexts;
    this.uplink = uplink;
    this.connections = connections;
    worker =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread made = new Thread(task, "patchbay-binding-mqtt");
              made.setDaemon(true);
              return made;
            },
            new ThreadPoolExecutor.DiscardPolicy());
    down = contexts.start(bundle, "binding-mqtt", downRoute());
    watch = connections.watch(this::changed);
    // What connects now has its route when the binding is there: then the one before it may go.
    worker.submit(() -> {}).get();
  }

  private RouteBuilder downRoute() {
    Downlink downlink = new Downlink(topics, answers, this);
    return new RouteBuilder() {
      @Override
      public void configure() {
        from("hub:downlink?scheme=" + MqttProtocol.SCHEME).routeId("mqtt-down").process(downlink);
      }
    };
  }

  private RouteBuilder upRoute(String connection) {
    Arrivals arrivals = new Arrivals(topics, answers);
    return new RouteBuilder() {
      @Override
      public void configure() {
        // what fails is not acknowledged: the connection sees it and offers it again
        errorHandler(noErrorHandler());
        from("paho-mqtt5:all?session=main&connection=" + connection)
            .routeId("mqtt-up-" + connection)
            .process(arrivals)
            .to("hub:uplink");
      }
    };
  }

  private void changed(Status status) {
    if (status.phase() == Phase.GONE) {
      known.remove(status.connection());
    } else {
      known.put(status.connection(), status);
    }
    worker.execute(() -> follow(status));
  }

  /** A connection came, went or changed its state. */
  private void follow(Status status) {
    String name = status.connection();
    if (!known.containsKey(name)) {
      RunningRoutes gone = up.remove(name);
      if (gone != null) {
        gone.close();
      }
    } else if (!up.containsKey(name)) {
      try {
        up.put(name, contexts.start(bundle, "binding-mqtt-" + name, upRoute(name)));
        listen(name);
      } catch (Exception e) {
        LOG.error("The route up from connection '{}' did not start; trying again", name, e);
        later(RETRY_MILLIS, () -> follow(status));
        return;
      }
    }
    tell(status);
  }

  private void tell(Status status) {
    io.patchbay.thing.Status presence =
        status.phase() == Phase.UP
            ? io.patchbay.thing.Status.ONLINE
            : io.patchbay.thing.Status.OFFLINE;
    uplink
        .presence(MqttProtocol.SCHEME, status.connection(), presence, status.detail())
        .whenComplete(
            (receipt, failure) -> {
              if (receipt instanceof Receipt.Busy busy
                  && status.equals(known.get(status.connection()))) {
                later(busy.retryAfter().toMillis(), () -> tell(status));
              }
            });
  }

  private void later(long millis, Runnable task) {
    Future<?> unused = worker.schedule(task, millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void changed(Set<Interest> all) {
    topics.hear(all);
    known.keySet().forEach(this::listen);
  }

  private void listen(String connection) {
    if (topics.told()) {
      subscribe(connection)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  LOG.warn(
                      "Connection '{}' does not listen to all that the profiles want: {}",
                      connection,
                      failure.getMessage());
                }
              });
    }
  }

  /** One at a time: what is asked for last is what was wanted last. */
  private synchronized CompletionStage<Void> subscribe(String connection) {
    return connections.subscribe(connection, topics.filters(connection));
  }

  @Override
  public CompletionStage<Void> ensure(String connection, String pattern) {
    if (!topics.told()) {
      return CompletableFuture.failedStage(
          new IOException("the hub is starting: its subscriptions are not known yet"));
    }
    return ensured.computeIfAbsent(
        new Answered(connection, pattern),
        answered -> {
          topics.expect(connection, pattern);
          return subscribe(connection)
              .whenComplete(
                  (done, failure) -> {
                    if (failure != null) {
                      worker.execute(() -> ensured.remove(answered));
                    }
                  });
        });
  }

  @Override
  public boolean up(String connection) {
    Status status = known.get(connection);
    return status != null && status.phase() == Phase.UP;
  }

  /** Drains: what is in the routes ends, then the connections hold back what comes. */
  @Deactivate
  void stop() throws InterruptedException {
    if (stopped.getAndSet(true)) {
      return;
    }
    watch.close();
    worker.shutdownNow();
    if (!worker.awaitTermination(15, TimeUnit.SECONDS)) {
      LOG.warn("The routes up did not end in time");
    }
    up.values().forEach(RunningRoutes::close);
    up.clear();
    down.close();
  }
}
