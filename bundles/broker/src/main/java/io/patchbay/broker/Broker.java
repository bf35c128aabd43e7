package io.patchbay.broker;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.southbound.HubBroker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.condition.Condition;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's life: it starts beside everything else, registers {@link HubBroker}, opens to
 * devices when the hub has subscribed, and stays open from then on. Artemis ends itself when its
 * disk fails it; then another one begins, as soon as there is room.
 */
@Component(
    service = {Broker.class, Health.class, Metrics.class},
    immediate = true,
    configurationPid = "io.patchbay.broker")
@Designate(ocd = BrokerSettings.Config.class)
public final class Broker implements Health, Metrics {
  private static final Logger log = LoggerFactory.getLogger(Broker.class);
  private static final String LISTENING = "patchbay.broker.listening";
  private static final long STOP_SECONDS = 30;

  private final BundleContext context;
  private volatile CompletableFuture<EmbeddedBroker> started = new CompletableFuture<>();

  /** Three at most: who hears of credentials, the hub's door, and that devices may come. */
  private final Queue<ServiceRegistration<?>> registrations = new ArrayBlockingQueue<>(3);

  private final AtomicBoolean subscribed = new AtomicBoolean();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final AtomicBoolean listening = new AtomicBoolean();
  private volatile @Nullable String trouble;

  @Activate
  public Broker(
      BundleContext context,
      BrokerSettings.Config config,
      @Reference DeviceCredentials credentials) {
    this.context = context;
    BrokerSettings settings = BrokerSettings.of(config, data(context), offset(context));
    Thread starter = new Thread(() -> live(settings, credentials), "patchbay-broker-start");
    // Artemis looks for its protocols, and its threads for theirs, with this loader.
    starter.setContextClassLoader(ActiveMQServer.class.getClassLoader());
    starter.start();
  }

  /** The hub has subscribed: devices may come. Does nothing when they may already. */
  void hubHasSubscribed() {
    subscribed.set(true);
    EmbeddedBroker broker = running();
    if (broker != null) {
      listen(broker);
    }
  }

  @Deactivate
  void stop() {
    stopped.countDown();
    withdraw();
    // On a thread of its own: Artemis leaves behind, on each that calls it, what leads back here.
    Thread closer = new Thread(this::close, "patchbay-broker-stop");
    closer.setContextClassLoader(ActiveMQServer.class.getClassLoader());
    closer.start();
    try {
      closer.join(TimeUnit.SECONDS.toMillis(2 * STOP_SECONDS));
      if (closer.isAlive()) {
        log.error("The broker does not stop; what it holds stays until the hub is restarted");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void close() {
    try {
      started.orTimeout(STOP_SECONDS, TimeUnit.SECONDS).join().close();
    } catch (CompletionException notStarted) {
      return; // said when it happened
    }
  }

  @Override
  public List<Check> checks() {
    String wrong = trouble;
    if (wrong != null) {
      return List.of(new Check("broker", State.CRITICAL, wrong));
    }
    EmbeddedBroker broker = running();
    if (broker == null) {
      return List.of(new Check("broker", State.WARN, "is starting"));
    }
    return List.of(BrokerState.check(broker, listening.get()));
  }

  @Override
  public List<Sample> samples() {
    EmbeddedBroker broker = running();
    return broker == null ? List.of() : BrokerState.samples(broker);
  }

  private void live(BrokerSettings settings, DeviceCredentials credentials) {
    try {
      Revival revival =
          new Revival(length -> stopped.await(length.toMillis(), TimeUnit.MILLISECONDS));
      Optional<EmbeddedBroker> running = start(settings, credentials);
      while (running.isPresent()) {
        EmbeddedBroker broker = running.get();
        long begun = System.nanoTime();
        broker.awaitEnd();
        if (isStopped()) {
          return;
        }
        trouble = "its disk failed it; it starts again when there is room";
        log.error("The broker ended: {}", trouble);
        withdraw();
        listening.set(false);
        started = new CompletableFuture<>();
        broker.close();
        running =
            revival.begin(
                Duration.ofNanos(System.nanoTime() - begun),
                () -> hasRoom(broker.disk()),
                () -> start(settings, credentials));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      started.completeExceptionally(new IllegalStateException("the broker does not run"));
    }
  }

  private static boolean hasRoom(DiskSpace disk) {
    disk.look();
    return !disk.isLow();
  }

  private Optional<EmbeddedBroker> start(BrokerSettings settings, DeviceCredentials credentials) {
    long begun = System.nanoTime();
    try {
      EmbeddedBroker broker = new EmbeddedBroker(settings, credentials);
      log.info(
          "The broker started in {} ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
      URI uri = URI.create("tcp://127.0.0.1:" + broker.hubPort());
      trouble = null;
      started.complete(broker);
      register(DeviceCredentials.Listener.class, broker::changed, Map.of());
      register(HubBroker.class, () -> uri, Map.of());
      if (subscribed.get()) {
        listen(broker);
      }
      return Optional.of(broker);
    } catch (Exception | LinkageError e) {
      String words = "could not start: " + e.getMessage();
      if (words.equals(trouble)) {
        log.error("The broker {}, as before", words);
      } else {
        log.error("The broker could not start", e);
      }
      trouble = words;
      return Optional.empty();
    }
  }

  private boolean isStopped() {
    return stopped.getCount() == 0;
  }

  private void withdraw() {
    for (ServiceRegistration<?> registration = registrations.poll();
        registration != null;
        registration = registrations.poll()) {
      registration.unregister();
    }
  }

  private void listen(EmbeddedBroker broker) {
    if (isStopped() || !listening.compareAndSet(false, true)) {
      return;
    }
    try {
      broker.listen();
      trouble = null;
      register(
          Condition.class,
          Condition.INSTANCE,
          Map.of(
              Condition.CONDITION_ID,
              LISTENING,
              "port",
              broker.port(),
              "tlsPort",
              broker.tlsPort()));
    } catch (IOException e) {
      listening.set(false);
      trouble = e.getMessage();
      log.error("Devices cannot connect: {}", e.getMessage());
    }
  }

  private @Nullable EmbeddedBroker running() {
    return started.isDone() && !started.isCompletedExceptionally() ? started.join() : null;
  }

  private <T> void register(Class<T> type, T service, Map<String, Object> properties) {
    if (!isStopped()) {
      registrations.add(
          context.registerService(type, service, FrameworkUtil.asDictionary(properties)));
    }
  }

  private static Path data(BundleContext context) {
    String data = context.getProperty("patchbay.data");
    if (data == null) {
      throw new IllegalStateException(
          "the framework property patchbay.data is missing: it names the data directory");
    }
    return Path.of(data);
  }

  private static int offset(BundleContext context) {
    String offset = context.getProperty("patchbay.offset");
    return offset == null ? 0 : Integer.parseInt(offset);
  }
}
