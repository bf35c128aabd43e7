package io.patchbay.binding.lwm2m;

import io.patchbay.access.Secrets;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Health.Check;
import io.patchbay.operation.Health.State;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.southbound.Interest;
import io.patchbay.store.Registered;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The binding's clock, and what stands before the server: as long as nobody could come nothing of
 * Leshan is loaded, and nothing listens.
 */
final class Entrance {
  private static final Logger LOG = LoggerFactory.getLogger(Entrance.class);
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** A thing that was changed into one that speaks LwM2M is found this much later at most. */
  private static final Duration SEARCH = Duration.ofSeconds(60);

  private static final int PAGE = 1_000;
  private static final String OPENING = "is being opened; no device was heard since the start";
  private static final String NOBODY =
      "listens to nobody: no endpoint has a key (PUT /api/v1/secrets/lwm2m-psk.ENDPOINT), none is"
          + " listed in 'unsecured' of io.patchbay.binding.lwm2m, no thing has the base"
          + " lwm2m://local";

  private final Settings settings;
  private final BootstrapSettings bootstrap;
  private final Secrets secrets;
  private final Things things;
  private final Function<ScheduledExecutorService, Hall> maker;
  private final ScheduledExecutorService timer;
  private boolean begun;
  private Set<Interest> wanted = Set.of();

  /** Things of which something else is wanted than before, and which were not asked yet. */
  private final Set<ThingId> differing = new HashSet<>();

  private volatile @Nullable Hall hall;

  /** Why there is no hall. */
  private volatile String trouble = OPENING;

  private int searched = -1;
  private long searchedAt;

  /**
   * @param maker called once, on the timer, when there is somebody who could come
   */
  Entrance(
      Settings settings,
      BootstrapSettings bootstrap,
      Secrets secrets,
      Things things,
      Function<ScheduledExecutorService, Hall> maker) {
    this.settings = settings;
    this.bootstrap = bootstrap;
    this.secrets = secrets;
    this.things = things;
    this.maker = maker;
    timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread made = new Thread(task, "patchbay-lwm2m");
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * What is wanted is known, and is other than before. The first time the server is opened: on the
   * timer, where nobody of whoever told is on the stack, for Scandium keeps exceptions, with the
   * classes of everybody on it.
   */
  synchronized void changed(Set<Interest> all) {
    Set<Interest> before = wanted;
    wanted = all;
    if (!begun) {
      begun = true;
      var unused =
          timer.scheduleWithFixedDelay(this::lookSafely, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
      return;
    }
    boolean told = differing.isEmpty();
    Stream.concat(without(all, before), without(before, all))
        .flatMap(one -> one.thing().stream())
        .forEach(differing::add);
    if (told && !differing.isEmpty()) {
      timer.execute(this::greet);
    }
  }

  private static Stream<Interest> without(Set<Interest> some, Set<Interest> others) {
    return some.stream().filter(one -> !others.contains(one));
  }

  private void greet() {
    Set<ThingId> all;
    synchronized (this) {
      all = Set.copyOf(differing);
      differing.clear();
    }
    Hall made = hall;
    if (made != null) {
      made.greet(all);
    }
  }

  private void lookSafely() {
    try {
      if (hall == null && expected()) {
        Hall made = maker.apply(timer);
        hall = made;
        made.begin();
      }
      trouble = hall == null ? NOBODY : "";
    } catch (RuntimeException e) {
      String now = "cannot begin: " + e.getMessage() + ". It is tried again";
      if (!now.equals(trouble)) {
        LOG.error("LwM2M {}", now, e);
      }
      trouble = now;
    }
  }

  private boolean expected() {
    return !settings.unsecured().isEmpty()
        || !bootstrap.unsecured().isEmpty()
        || settings.trust().isPresent()
        || secrets.names().stream().anyMatch(name -> name.startsWith("lwm2m-"))
        || Files.exists(settings.data())
        || named();
  }

  /** Whether there is a thing that speaks LwM2M; looked for when their number has changed. */
  private boolean named() {
    String after = "";
    do {
      Things.Page page =
          things.list(
              new Things.Query(
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of(Registered.Admission.ADMITTED),
                  Map.of(),
                  after,
                  after.isEmpty() ? 1 : PAGE));
      if (after.isEmpty()) {
        long now = System.nanoTime();
        if (page.total() == searched && now - searchedAt < SEARCH.toNanos()) {
          return false;
        }
        searched = page.total();
        searchedAt = now;
      }
      for (var state : page.things()) {
        Thing thing = state.registered().thing();
        if (thing.scheme().equals(Lwm2mProtocol.SCHEME)) {
          return true;
        }
      }
      after = page.next();
    } while (!after.isEmpty());
    return false;
  }

  /** Whether it is a file of a vendor's definitions. */
  boolean isModel(File file) {
    String name = file.getName().toLowerCase(Locale.ROOT);
    Path path = file.toPath().toAbsolutePath().normalize();
    return name.endsWith(".xml") && !name.startsWith(".") && path.startsWith(settings.models());
  }

  List<Check> checks() {
    Hall made = hall;
    if (made != null) {
      return made.checks();
    }
    String now = trouble;
    boolean right = now.equals(NOBODY) || now.equals(OPENING);
    return List.of(new Check("lwm2m", right ? State.OK : State.CRITICAL, now));
  }

  List<Sample> samples() {
    Hall made = hall;
    return made == null ? List.of() : made.samples();
  }

  CompletionStage<FirmwareUpdate.Reply> firmware(
      Function<FirmwareUpdate, CompletionStage<FirmwareUpdate.Reply>> call) {
    Hall made = hall;
    return made == null
        ? CompletableFuture.completedStage(
            new FirmwareUpdate.Failed(FirmwareUpdate.Result.UNREACHABLE, "LwM2M " + trouble))
        : call.apply(made.firmware());
  }

  int port(boolean secure) {
    Hall made = hall;
    return made == null ? 0 : made.port(secure);
  }

  int bootstrapPort(boolean secure) {
    Hall made = hall;
    return made == null ? 0 : made.bootstrapPort(secure);
  }

  void close() throws InterruptedException {
    timer.shutdownNow();
    boolean unused = timer.awaitTermination(5, TimeUnit.SECONDS);
    Hall made = hall;
    if (made != null) {
      made.close();
    }
  }
}
