package io.patchbay.camel.mqtt;

import io.patchbay.camel.mqtt.MqttConnections.Phase;
import io.patchbay.camel.mqtt.MqttConnections.Status;
import io.patchbay.operation.Health;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a broker that stays: one link after the other, with inbox, outbox and
 * subscriptions that outlive them. Its own thread decides; the link's threads only report.
 */
final class Connection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final long LAST_PAUSE_MILLIS = 30_000;
  private static final long CONNECT_MILLIS = 15_000;
  private static final long EXPIRY_MILLIS = 100;
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int SUSPICIOUS_CUTS = 3;
  private static final Duration DRAIN = Duration.ofSeconds(5);

  /** QoS of subscriptions is never 2: a route can fail and begin again, so it is at least once. */
  private static final int HIGHEST_QOS = 1;

  final ConnectionSettings settings;
  final Inbox inbox;
  final Outbox outbox;
  final LongAdder reconnects = new LongAdder();

  private final OwnThread executor;
  private final Optional<SessionMemory> memory;
  private final Consumer<Status> watcher;
  private final Runnable subscribed;
  private final Link.Events events = new Reports();

  // only on the executor's thread
  private @Nullable Link link;
  private int attempts;
  private int cuts;
  private long upSince;
  private boolean first = true;
  private @Nullable SortedMap<String, Integer> wanted;
  private final Set<String> doubtful = new TreeSet<>();
  private final List<CompletableFuture<Void>> waitingForSubscription = new ArrayList<>();
  private boolean subscribing;
  private boolean again;

  private volatile Subscriptions held;
  private volatile Status status;
  private volatile Health.Check check;
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * @param memory where the session is remembered across restarts; empty when it need not be
   * @param handOut where messages are given to consumers; empty for the thread they come on, which
   *     must not be blocked then
   * @param watcher told of changes, one call at a time
   * @param subscribed called whenever the broker holds every subscription that is wanted
   */
  Connection(
      ConnectionSettings settings,
      Optional<SessionMemory> memory,
      Optional<Executor> handOut,
      Consumer<Status> watcher,
      Runnable subscribed) {
    this.settings = settings;
    this.memory = memory;
    this.watcher = watcher;
    this.subscribed = subscribed;
    executor = new OwnThread("patchbay-mqtt-" + settings.name());
    inbox = new Inbox(settings.receiveMaximum(), executor, handOut.orElse(Runnable::run));
    outbox = new Outbox();
    held = remembered();
    status = new Status(settings.name(), Phase.DOWN, "connecting to " + settings.uri());
    check = new Health.Check(healthName(), Health.State.WARN, status.detail());
  }

  private Subscriptions remembered() {
    try {
      if (memory.isEmpty()) {
        return Subscriptions.NONE;
      }
      doubtful.addAll(memory.get().doubtful(settings.clientId()));
      return memory.get().subscriptions(settings.clientId());
    } catch (IOException e) {
      LOG.warn("mqtt:{}: what it had subscribed is not known: {}", settings.name(), e.getMessage());
      return Subscriptions.NONE;
    }
  }

  void open() {
    executor.execute(this::connect);
    executor.every(EXPIRY_MILLIS, () -> outbox.expire(System.nanoTime()));
  }

  Status status() {
    return status;
  }

  Health.Check check() {
    return check;
  }

  private String healthName() {
    return "mqtt:" + settings.name();
  }

  private void connect() {
    if (closed) {
      return;
    }
    Link fresh;
    try {
      fresh = new Link(settings, first, events);
    } catch (RuntimeException e) {
      down(0, e.getMessage() == null ? e.toString() : e.getMessage());
      return;
    }
    link = fresh;
    executor.after(CONNECT_MILLIS, () -> giveUp(fresh));
    fresh.open();
  }

  /** A broker that takes the connection and never answers CONNECT. */
  private void giveUp(Link slow) {
    if (link == slow && status.phase() != Phase.UP) {
      lost(slow, 0, "no answer to CONNECT within " + CONNECT_MILLIS / 1_000 + " s");
    }
  }

  private final class Reports implements Link.Events {
    @Override
    public void opened(Link by, boolean sessionPresent, int receiveMaximum) {
      inbox.connected(by, sessionPresent);
      run(() -> up(by, sessionPresent, receiveMaximum));
    }

    @Override
    public void arrived(Link by, String topic, MqttMessage message) {
      boolean surplus =
          !message.isRetained()
              && held.surplus(topic, message.getProperties().getSubscriptionIdentifiers());
      Arrival arrival =
          new Arrival(by, settings.name(), topic, message, settings.messageIdProperty());
      if (!inbox.arrived(arrival, surplus) && by.kill()) {
        LOG.warn(
            "mqtt:{}: the broker sends more than the receive maximum; reconnecting",
            settings.name());
      }
    }

    @Override
    public void answered(Link by, int type, int packetId, int code) {
      outbox.answered(by, type, packetId, code);
    }

    @Override
    public void written(Link by, int publications) {
      outbox.written(by, publications);
    }

    @Override
    public void lost(Link by, int code, String why) {
      inbox.disconnected(by);
      run(() -> Connection.this.lost(by, code, why));
    }
  }

  /** On its own thread; not at all once it is closed. */
  private void run(Runnable task) {
    if (!closed) {
      executor.execute(task);
    }
  }

  private void up(Link by, boolean sessionPresent, int receiveMaximum) {
    if (by != link || closed) {
      return;
    }
    if (!first) {
      reconnects.increment();
    }
    upSince = System.nanoTime();
    outbox.connected(by, sessionPresent, receiveMaximum);
    if (!sessionPresent || (first && memory.isEmpty())) {
      held = Subscriptions.NONE;
    }
    first = false;
    tell(Phase.UP, Health.State.OK, "connected to " + settings.uri());
    subscribing = false;
    subscribe();
  }

  private void lost(Link by, int code, String why) {
    if (by != link || closed) {
      return;
    }
    inbox.disconnected(by);
    link = null;
    by.dispose();
    down(code, why);
  }

  private void down(int code, String why) {
    outbox.disconnected(why);
    if (status.phase() == Phase.UP) {
      boolean steady = System.nanoTime() - upSince > STEADY_NANOS;
      cuts = steady ? 0 : cuts + 1;
      // it is back soon after a cut or two; somebody else with its session shall have some peace
      attempts = cuts < SUSPICIOUS_CUTS ? 0 : attempts;
    }
    if (code == ReasonCodes.SESSION_TAKEN_OVER) {
      tell(Phase.DOWN, Health.State.CRITICAL, ReasonCodes.words(code));
      return;
    }
    long pause =
        ReasonCodes.needsSomebody(code)
            ? LAST_PAUSE_MILLIS
            : Math.min(LAST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempts, 10));
    attempts++;
    // jitter, so that many hubs do not come back to a broker at the same moment
    pause = pause * 3 / 4 + ThreadLocalRandom.current().nextLong(pause / 2);
    String words = code > 0 ? ReasonCodes.words(code) : why;
    if (code == 0 && cuts >= SUSPICIOUS_CUTS) {
      // not every broker says that it gave the session to somebody else
      words +=
          ", again and again; is there another client with the same client id '"
              + settings.clientId()
              + "'?";
    }
    tell(
        Phase.DOWN,
        ReasonCodes.needsSomebody(code) ? Health.State.CRITICAL : Health.State.WARN,
        settings.uri() + " cannot be reached: " + words + "; trying again by itself");
    executor.after(pause, this::connect);
  }

  private void tell(Phase phase, Health.State state, String detail) {
    boolean news = status.phase() != phase || !status.detail().equals(detail);
    status = new Status(settings.name(), phase, detail);
    check = new Health.Check(healthName(), state, detail);
    if (news) {
      LOG.info("mqtt:{}: {}", settings.name(), detail);
      watcher.accept(status);
    }
  }

  /**
   * Listens to these filters from now on.
   *
   * @param filters each with its highest quality of service, 0 to 2
   */
  CompletionStage<Void> want(Map<String, Integer> filters) {
    SortedMap<String, Integer> cover;
    try {
      cover = TopicFilter.cover(filters);
      cover.replaceAll((filter, qos) -> Math.min(qos, HIGHEST_QOS));
    } catch (IllegalArgumentException e) {
      return CompletableFuture.failedStage(e);
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    run(
        () -> {
          wanted = cover;
          waitingForSubscription.add(done);
          subscribe();
        });
    if (closed) {
      done.completeExceptionally(gone());
    }
    return done;
  }

  private IOException gone() {
    return new IOException("connection " + settings.name() + " was removed");
  }

  /**
   * Brings what the broker holds to what is wanted; new filters first, so that nothing is missed.
   */
  private void subscribe() {
    Link now = link;
    if (wanted == null || now == null || status.phase() != Phase.UP) {
      return;
    }
    if (subscribing) {
      again = true;
      return;
    }
    subscribing = true;
    again = false;
    SortedMap<String, Integer> target = wanted;
    List<CompletableFuture<Void>> told = List.copyOf(waitingForSubscription);
    SortedMap<String, Integer> missing = new TreeMap<>(target);
    missing
        .entrySet()
        .removeIf(
            one -> held.contains(one.getKey(), one.getValue()) && !doubtful.contains(one.getKey()));
    Subscriptions goal = held.with(missing);
    doubtful.addAll(missing.keySet());
    if (!doubtful.isEmpty()) {
      remember(held);
    }
    Map<Integer, Map<String, Integer>> packets = new LinkedHashMap<>();
    goal.terms()
        .forEach(
            (filter, its) -> {
              if (missing.containsKey(filter)) {
                packets
                    .computeIfAbsent(its.id(), id -> new LinkedHashMap<>())
                    .put(filter, its.qos());
              }
            });
    List<Asked> asked = new ArrayList<>();
    packets.forEach(
        (id, filters) ->
            asked.add(
                new Asked(
                    List.copyOf(filters.keySet()),
                    now.subscribe(filters, id).toCompletableFuture())));
    CompletionStage<Void> unused =
        CompletableFuture.allOf(asked.stream().map(Asked::answer).toArray(CompletableFuture[]::new))
            .whenComplete((all, failed) -> run(() -> subscribed(now, target, goal, asked, told)));
  }

  /** Filters in one packet, and what the broker says to each. */
  private record Asked(List<String> filters, CompletableFuture<List<Integer>> answer) {
    /** Why it does not let subscribe; null when it does. To be asked when the answer is there. */
    @Nullable Throwable refusal(int place) {
      if (answer.isCompletedExceptionally()) {
        return answer.handle((codes, why) -> why).join();
      }
      List<Integer> codes = answer.join();
      int code = place < codes.size() ? codes.get(place) : Link.FIRST_FAILURE_CODE;
      return code < Link.FIRST_FAILURE_CODE ? null : new MqttRefusedException(code);
    }

    /** Of filters to be forgotten: why one of them is not. */
    @Nullable Throwable stays() {
      for (int i = 0; i < filters.size(); i++) {
        Throwable no = refusal(i);
        if (no != null) {
          return no;
        }
      }
      return null;
    }
  }

  private void subscribed(
      Link by,
      Map<String, Integer> target,
      Subscriptions goal,
      List<Asked> asked,
      List<CompletableFuture<Void>> told) {
    if (by != link) {
      return; // the next link subscribes again
    }
    Map<String, Subscriptions.Terms> granted = held.terms();
    Throwable refusal = null;
    for (Asked packet : asked) {
      for (int i = 0; i < packet.filters().size(); i++) {
        Throwable no = packet.refusal(i);
        if (no == null) {
          String filter = packet.filters().get(i);
          granted.put(filter, Objects.requireNonNull(goal.terms().get(filter)));
        } else {
          refusal = no;
        }
      }
    }
    Subscriptions more = new Subscriptions(granted);
    Set<String> surplus = new TreeSet<>(more.terms().keySet());
    surplus.addAll(doubtful);
    surplus.removeAll(target.keySet());
    for (String filter : surplus) {
      more = more.without(filter);
    }
    // forgotten before it is sent: a copy that comes through it must not count as the older one
    held = more;
    Throwable refused = refusal;
    boolean changed = !asked.isEmpty() || !surplus.isEmpty();
    CompletableFuture<List<Integer>> done =
        surplus.isEmpty()
            ? CompletableFuture.completedFuture(List.of())
            : by.unsubscribe(List.copyOf(surplus)).toCompletableFuture();
    Asked left = new Asked(List.copyOf(surplus), done);
    CompletionStage<Void> unused =
        done.handle((codes, failed) -> null)
            .thenRun(() -> run(() -> settled(by, told, changed, refused, left.stays())));
  }

  private void settled(
      Link by,
      List<CompletableFuture<Void>> told,
      boolean changed,
      @Nullable Throwable refused,
      @Nullable Throwable stays) {
    if (by != link) {
      return;
    }
    subscribing = false;
    if (stays == null) {
      doubtful.clear();
      if (changed) {
        remember(held);
      }
    } else {
      LOG.warn(
          "mqtt:{}: what is not wanted any more stays subscribed: {}",
          settings.name(),
          stays.getMessage());
    }
    waitingForSubscription.subList(0, told.size()).clear();
    if (refused != null) {
      String words = "the broker does not let it subscribe: " + refused.getMessage();
      check = new Health.Check(healthName(), Health.State.CRITICAL, words);
      LOG.warn("mqtt:{}: {}", settings.name(), words);
      told.forEach(one -> one.completeExceptionally(refused));
    } else {
      check = new Health.Check(healthName(), Health.State.OK, status.detail());
      told.forEach(one -> one.complete(null));
    }
    if (again) {
      subscribe();
    } else if (refused == null) {
      subscribed.run();
    }
  }

  /** Writes down what is confirmed, and what the broker may or may not hold. */
  private void remember(Subscriptions confirmed) {
    if (memory.isPresent()) {
      try {
        memory.get().write(settings.clientId(), confirmed, doubtful);
      } catch (IOException e) {
        LOG.warn(
            "mqtt:{}: what it subscribes cannot be written down: {}",
            settings.name(),
            e.getMessage());
      }
    }
  }

  /** What the broker holds for this session, as far as it is known. */
  Set<String> subscriptions() {
    return held.terms().keySet();
  }

  /** Ends the connection; acknowledgements due are sent first. A second call does nothing. */
  @Override
  public void close() {
    if (closing.getAndSet(true)) {
      return;
    }
    closed = true;
    CompletableFuture<Void> ended = new CompletableFuture<>();
    executor.execute(
        () -> {
          outbox.close("connection " + settings.name() + " was removed");
          Link last = link;
          link = null;
          if (last != null) {
            last.close(settings.keepSession(), DRAIN.toMillis());
          }
          waitingForSubscription.forEach(one -> one.completeExceptionally(gone()));
          waitingForSubscription.clear();
          status = new Status(settings.name(), Phase.GONE, "removed");
          ended.complete(null);
        });
    ended.orTimeout(2 * DRAIN.toSeconds(), TimeUnit.SECONDS).exceptionally(late -> null).join();
    executor.close();
    watcher.accept(status);
  }
}
