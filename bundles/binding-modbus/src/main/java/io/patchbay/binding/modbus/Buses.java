package io.patchbay.binding.modbus;

import io.patchbay.serial.LineAddress;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All connections, and the units behind them. One that a thing's base names by itself ({@code
 * modbus+tcp://host:502}) is made when it is first wanted, and closed when nobody wanted it for ten
 * minutes; one that is configured stays.
 */
@Component(service = Buses.class)
public final class Buses {
  private static final Logger LOG = LoggerFactory.getLogger(Buses.class);
  static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration UNUSED = Duration.ofMinutes(10);
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int PORT = 502;
  private static final int POOL = 2;

  /** A unit, and the name of its connection. */
  record Contact(Unit unit, String connection) {}

  private final class Opened {
    private final Bus bus;
    private final String connection;
    private final boolean configured;
    private final Map<Integer, Unit> units;
    private final Probation probation = new Probation();
    private final Map<Integer, Set<ThingId>> things = new ConcurrentHashMap<>();
    private volatile long used = System.nanoTime();

    private Opened(Bus bus, String connection, boolean configured, Map<Integer, Unit> units) {
      this.units = units;
      this.bus = bus;
      this.connection = connection;
      this.configured = configured;
    }

    private Contact contact(ThingId thing, int unit) {
      used = System.nanoTime();
      things.computeIfAbsent(unit, id -> ConcurrentHashMap.newKeySet()).add(thing);
      return new Contact(
          units.computeIfAbsent(unit, id -> new Unit(bus, id, probation, why -> died(id, why))),
          connection);
    }

    private void died(int unit, String why) {
      LOG.warn("Connection '{}': {}", connection, why);
      Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      for (ThingId thing : things.getOrDefault(unit, Set.of())) {
        CompletionStage<?> unused =
            uplink.offer(
                new Origin(ModbusProtocol.SCHEME, connection, "unit " + unit),
                List.of(new Uplink.StatusChange(thing, Status.OFFLINE, why, now, now)),
                PATIENCE);
      }
    }
  }

  private final UplinkPort uplink;
  private final ScheduledThreadPoolExecutor clock;
  private final ThreadPoolExecutor answers;

  // guarded by this
  private final Map<String, Opened> opened = new HashMap<>();
  private TcpBus.@Nullable Shared shared;
  private boolean closed;

  @Activate
  public Buses(@Reference UplinkPort uplink) {
    this.uplink = uplink;
    clock =
        new ScheduledThreadPoolExecutor(1, named("clock"), new ThreadPoolExecutor.DiscardPolicy());
    clock.setRemoveOnCancelPolicy(true);
    // its queue holds what the connections' own bounded queues have let go
    answers =
        new ThreadPoolExecutor(
            POOL,
            POOL,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            named("answers"),
            (task, pool) -> task.run());
    answers.allowCoreThreadTimeOut(true);
  }

  private static ThreadFactory named(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread made = new Thread(task, "patchbay-modbus-" + name + "-" + number.incrementAndGet());
      made.setDaemon(true);
      return made;
    };
  }

  /**
   * The unit that a thing is.
   *
   * @throws IllegalArgumentException when the thing's base names no connection
   */
  Contact contact(Thing thing, int unit) {
    String scheme = thing.base().getScheme();
    String connection = thing.connection();
    String key = scheme + "://" + connection;
    synchronized (this) {
      Opened found = opened.get(key);
      if (found == null) {
        Map<Integer, Unit> units = new ConcurrentHashMap<>();
        found = new Opened(open(scheme, connection, units), connection, false, units);
        opened.put(key, found);
        sweepLater(key);
      }
      return found.contact(thing.id(), unit);
    }
  }

  private Bus open(String scheme, String connection, Map<Integer, Unit> units) {
    if (closed) {
      throw new IllegalArgumentException("the Modbus connections are closed");
    }
    return switch (scheme) {
      case "modbus+tcp" -> tcp(connection, connection, TIMEOUT, units);
      case "modbus+rtu" ->
          serial(connection, LineAddress.of("tcp://" + connection), TIMEOUT, Duration.ZERO, units);
      default ->
          throw new IllegalArgumentException(
              "no connection '"
                  + connection
                  + "' is configured; accepted as base: modbus://NAME with a configuration"
                  + " io.patchbay.binding.modbus.connection~NAME, modbus+tcp://host:502,"
                  + " modbus+rtu://host:port");
    };
  }

  /**
   * Opens one that has a name.
   *
   * @param url {@code tcp://host:502}, {@code rtu+tcp://host:port} or {@code serial:DEVICE}
   * @return closes it
   */
  synchronized Runnable configure(String name, String url, Duration timeout, Duration pause) {
    String key = ModbusProtocol.SCHEME + "://" + name;
    Map<Integer, Unit> units = new ConcurrentHashMap<>();
    Bus bus;
    if (url.startsWith("tcp://")) {
      bus = tcp(name, url.substring("tcp://".length()), timeout, units);
    } else if (url.startsWith("rtu+tcp://") || url.startsWith("serial:")) {
      bus = serial(name, LineAddress.of(url.replaceFirst("^rtu\\+", "")), timeout, pause, units);
    } else {
      throw new IllegalArgumentException(
          "url '"
              + url
              + "' is not understood; accepted: tcp://host:502 (Modbus TCP),"
              + " rtu+tcp://host:port (a serial server), serial:/dev/ttyUSB0?baud=9600&parity=even");
    }
    Opened made = new Opened(bus, name, true, units);
    Opened before = opened.put(key, made);
    if (before != null) {
      close(before);
    }
    return () -> {
      synchronized (this) {
        opened.remove(key, made);
      }
      close(made);
    };
  }

  private Bus tcp(String connection, String place, Duration timeout, Map<Integer, Unit> units) {
    int colon = place.lastIndexOf(':');
    boolean port = colon > place.lastIndexOf(']');
    String host = (port ? place.substring(0, colon) : place).replaceAll("^\\[|\\]$", "");
    int number = port ? (int) Terms.whole("port", place.substring(colon + 1)) : PORT;
    if (host.isEmpty() || number < 1 || number > 0xFFFF) {
      throw new IllegalArgumentException("'" + place + "' is no host and port; accepted: host:502");
    }
    return new TcpBus(host, number, timeout, presence(connection, units), shared());
  }

  private Bus serial(
      String connection,
      LineAddress line,
      Duration timeout,
      Duration pause,
      Map<Integer, Unit> units) {
    return new SerialBus(connection, line, timeout, pause, presence(connection, units), answers);
  }

  private Presence presence(String connection, Map<Integer, Unit> units) {
    return new Presence(
        connection,
        uplink,
        answers,
        this::later,
        unit -> {
          Unit alive = units.get(unit);
          if (alive != null) {
            alive.heard();
          }
        });
  }

  private void later(Duration delay, Runnable task) {
    Future<?> unused = clock.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void sweepLater(String key) {
    later(UNUSED, () -> sweep(key));
  }

  private void sweep(String key) {
    Opened idle;
    synchronized (this) {
      Opened found = opened.get(key);
      if (found == null || found.configured) {
        return;
      } else if (System.nanoTime() - found.used < UNUSED.toNanos()) {
        sweepLater(key);
        return;
      }
      idle = opened.remove(key);
    }
    if (idle != null) {
      answers.execute(() -> close(idle));
    }
  }

  private synchronized TcpBus.Shared shared() {
    TcpBus.Shared present = shared;
    if (present == null) {
      present = new TcpBus.Shared(new TcpWire(named("tcp")), clock, answers);
      shared = present;
    }
    return present;
  }

  private static void close(Opened one) {
    one.bus.close();
  }

  @Deactivate
  void stop() {
    List<Opened> all;
    TcpBus.Shared present;
    synchronized (this) {
      closed = true;
      all = new ArrayList<>(opened.values());
      opened.clear();
      present = shared;
      shared = null;
    }
    all.forEach(Buses::close);
    clock.shutdownNow();
    if (present != null) {
      try {
        present.wire().close();
      } catch (IOException e) {
        LOG.warn("The connections did not end cleanly: {}", e.getMessage());
      }
    }
    answers.shutdown();
    try {
      if (!answers.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("What followed the last answers did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where what waits for an answer goes on. */
  Executor answers() {
    return answers;
  }
}
