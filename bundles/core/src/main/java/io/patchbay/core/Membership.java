package io.patchbay.core;

import io.patchbay.core.Passage.Kind;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.store.Appended;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Registered;
import io.patchbay.store.Registered.Admission;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Who belongs to the hub: registers, admits, refuses and removes things. */
final class Membership implements Things {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final String BY_REGISTRATION = "registered by an administrator or a file";
  private static final int PAGE = 200;
  private static final int LARGEST_PAGE = 1_000;

  private final Directory directory;
  private final Catalogue catalogue;
  private final UplinkPipeline pipeline;
  private final JournalLine line;
  private final Journal journal;
  private final ThingStore store;
  private final Executor pool;
  private final Clock clock;
  private final Lives lives;
  private final Consumer<ThingId> changed;

  /** Identities of things on their way into the store: two may not take the same one. */
  private final Map<Directory.Identity, ThingId> claims = new ConcurrentHashMap<>();

  /**
   * @param changed told after a thing was registered, decided on or removed
   */
  Membership(
      Directory directory,
      Catalogue catalogue,
      UplinkPipeline pipeline,
      JournalLine line,
      Journal journal,
      ThingStore store,
      Executor pool,
      Clock clock,
      Lives lives,
      Consumer<ThingId> changed) {
    this.directory = directory;
    this.catalogue = catalogue;
    this.pipeline = pipeline;
    this.line = line;
    this.journal = journal;
    this.store = store;
    this.pool = pool;
    this.clock = clock;
    this.lives = lives;
    this.changed = changed;
  }

  @Override
  public Optional<ThingState> find(ThingId id) {
    return directory.find(id).map(this::state);
  }

  @Override
  public Optional<ThingState> find(String scheme, String connection, Map<String, String> terms) {
    return directory.index().find(scheme, connection, terms).map(this::state);
  }

  private ThingState state(Device device) {
    return device.state(
        catalogue.profile(device.thing().profile()).map(CompiledProfile::profile), clock.instant());
  }

  @Override
  public Page list(Query query) {
    int limit = Math.min(Math.max(query.limit(), 1), LARGEST_PAGE);
    List<ThingState> page = new ArrayList<>();
    int total = 0;
    boolean more = false;
    for (Device device : query.admission().map(directory::sorted).orElseGet(directory::sorted)) {
      if (!selected(device, query)) {
        continue;
      }
      total++;
      if (query.after().isEmpty() || device.id().value().compareTo(query.after()) > 0) {
        if (page.size() < limit) {
          page.add(state(device));
        } else {
          more = true;
        }
      }
    }
    String next = more ? page.get(page.size() - 1).registered().thing().id().value() : "";
    return new Page(page, total, next);
  }

  private static boolean selected(Device device, Query query) {
    Registered registered = device.registered();
    return query.profile().map(registered.thing().profile()::equals).orElse(true)
        && query.status().map(status -> status == device.status()).orElse(true)
        && query.admission().map(admission -> admission == registered.admission()).orElse(true)
        && registered.thing().labels().entrySet().containsAll(query.labels().entrySet());
  }

  @Override
  public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
    Directory.Identity identity = directory.identity(thing).orElse(null);
    ThingId claimed = identity == null ? null : claims.putIfAbsent(identity, thing.id());
    if (claimed != null && !claimed.equals(thing.id())) {
      return refused(
          "thing '" + claimed + "' with the terms " + thing.terms() + " is being registered now");
    }
    return registerClaimed(thing, origin)
        .whenComplete(
            (state, failure) -> {
              if (identity != null) {
                claims.remove(identity, thing.id());
              }
            });
  }

  private CompletionStage<ThingState> registerClaimed(Thing thing, Registered.Origin origin) {
    try {
      check(thing, origin);
    } catch (RefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
    Device present = directory.find(thing.id()).orElse(null);
    boolean retired = present != null && present.registered().admission() == Admission.RETIRED;
    if (retired && origin != Registered.Origin.FILE) {
      return refused("thing '" + thing.id() + "' is retired; take it back first");
    }
    Registered registered =
        new Registered(
            thing,
            retired ? Admission.RETIRED : Admission.ADMITTED,
            origin,
            present == null ? Times.millis(clock.instant()) : present.registered().since());
    if (present != null && present.registered().equals(registered)) {
      return CompletableFuture.completedFuture(state(present));
    } else if (present != null && present.registered().admission() == Admission.WAITING) {
      return administer(() -> admit(present, registered))
          .thenCompose(admitted -> decided(admitted, BY_REGISTRATION));
    }
    CompletionStage<ThingState> done = save(registered).thenApply(nothing -> put(registered));
    return present == null ? done : done.thenCompose(state -> decided(state, BY_REGISTRATION));
  }

  private void check(Thing thing, Registered.Origin origin) throws RefusedException {
    CompiledProfile profile = catalogue.profile(thing.profile()).orElse(null);
    if (profile == null) {
      if (origin == Registered.Origin.FILE) {
        return; // the file of its profile may come later
      }
      throw new RefusedException(
          "thing '"
              + thing.id()
              + "': profile '"
              + thing.profile()
              + "' is not there; accepted: "
              + catalogue.profiles().keySet().stream().sorted().toList());
    }
    Directory.Identity identity = directory.identity(thing).orElse(null);
    if (identity == null && profile.listens(thing.scheme())) {
      throw new RefusedException(
          "thing '"
              + thing.id()
              + "' cannot be told from others: profile '"
              + thing.profile()
              + "' needs the terms "
              + profile.identity()
              + ", it has "
              + thing.terms().keySet());
    }
    if (identity == null || !profile.listens(thing.scheme())) {
      return;
    }
    Device same = directory.index().exact(identity).orElse(null);
    if (same != null && !same.id().equals(thing.id())) {
      throw new RefusedException(
          "thing '"
              + thing.id()
              + "' has the same terms "
              + identity.terms()
              + " as thing '"
              + same.id()
              + "'; remove that one first or change the terms");
    }
  }

  private ThingState put(Registered registered) {
    Device device = directory.put(registered);
    changed.accept(device.id());
    return state(device);
  }

  private CompletionStage<Void> save(Registered registered) {
    return refusing(store.save(registered), "thing '" + registered.thing().id() + "' not kept: ");
  }

  private static <T> CompletionStage<T> refusing(CompletionStage<T> stage, String what) {
    return stage.exceptionallyCompose(
        failure -> {
          Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
          return CompletableFuture.failedFuture(
              new RefusedException(what + (cause == null ? failure : cause).getMessage()));
        });
  }

  @Override
  public CompletionStage<ThingState> decide(ThingId id, Admission admission) {
    Device device = directory.find(id).orElse(null);
    if (device == null) {
      return refused("no thing is named '" + id + "'");
    } else if (admission == Admission.WAITING) {
      return refused("'" + id + "' can be ADMITTED or REJECTED, not made to wait");
    }
    if (device.registered().admission() == Admission.RETIRED || admission == Admission.RETIRED) {
      return refused(
          "'" + id + "' can be retired, and taken back, by that alone; not admitted or refused");
    }
    return become(
        device,
        admission,
        (admission == Admission.ADMITTED ? "admitted" : "refused") + " by an administrator");
  }

  private CompletionStage<ThingState> become(Device device, Admission admission, String why) {
    Registered present = device.registered();
    Registered next = new Registered(present.thing(), admission, present.origin(), present.since());
    CompletionStage<ThingState> done =
        present.admission() != Admission.WAITING
            ? save(next).thenApply(nothing -> put(next))
            : administer(
                () -> admission == Admission.ADMITTED ? admit(device, next) : refuse(device, next));
    return done.thenCompose(state -> decided(state, why));
  }

  /** The log hears of what was decided. */
  private CompletionStage<ThingState> decided(ThingState state, String why) {
    ThingId id = state.registered().thing().id();
    Device device = directory.find(id).orElse(null);
    return device == null
        ? CompletableFuture.completedFuture(state)
        : lives.decided(device, why).thenApply(nothing -> state(device));
  }

  /** See {@link io.patchbay.northbound.Lifecycles#retire}. */
  CompletionStage<ThingState> retire(ThingId id, String why, String by) {
    Device device = directory.find(id).orElse(null);
    if (device == null) {
      return refused("no thing is named '" + id + "'");
    } else if (device.registered().admission() == Admission.RETIRED) {
      return refused("'" + id + "' is retired already: " + device.step().reason());
    }
    return become(device, Admission.RETIRED, words("retired", why, by));
  }

  /** See {@link io.patchbay.northbound.Lifecycles#reinstate}. */
  CompletionStage<ThingState> reinstate(ThingId id, String why, String by) {
    Device device = directory.find(id).orElse(null);
    if (device == null) {
      return refused("no thing is named '" + id + "'");
    } else if (device.registered().admission() != Admission.RETIRED) {
      return refused("'" + id + "' is not retired");
    }
    return become(device, Admission.ADMITTED, words("taken back", why, by));
  }

  private static String words(String what, String why, String by) {
    return what + " by " + by + (why.isBlank() ? "" : ": " + why.strip());
  }

  private static <T> CompletionStage<T> refused(String why) {
    return CompletableFuture.failedFuture(new RefusedException(why));
  }

  @FunctionalInterface
  private interface Act<T> {
    T perform() throws RefusedException;
  }

  /** What waits for the journal may not run on its writer's thread. */
  private <T> CompletionStage<T> administer(Act<T> act) {
    CompletableFuture<T> done = new CompletableFuture<>();
    pool.execute(
        () -> {
          try {
            done.complete(act.perform());
          } catch (RefusedException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /**
   * What was held goes into the log before anything new: most of it while the device still waits,
   * the rest while nothing else can come.
   */
  private ThingState admit(Device device, Registered admitted) throws RefusedException {
    release(device.id());
    return alone(
        () -> {
          settle();
          release(device.id());
          join(save(admitted));
          return put(admitted);
        });
  }

  private ThingState refuse(Device device, Registered rejected) throws RefusedException {
    String how = rejected.admission() == Admission.RETIRED ? "retired" : "refused";
    return alone(
        () -> {
          settle();
          drop(device.id(), "thing '" + device.id() + "' was " + how + " by the administrator");
          join(save(rejected));
          return put(rejected);
        });
  }

  private <T> T alone(Act<T> act) throws RefusedException {
    Object[] ended =
        line.alone(
            () -> {
              try {
                return new Object[] {act.perform(), Optional.empty()};
              } catch (RefusedException e) {
                return new Object[] {Optional.empty(), e};
              }
            });
    if (ended[1] instanceof RefusedException refused) {
      throw refused;
    }
    @SuppressWarnings("unchecked")
    T result = (T) ended[0];
    return result;
  }

  /** Returns when everything appended before is committed. */
  private void settle() throws RefusedException {
    stored(line.append(() -> Entry.of("", List.of()), PATIENCE, appended -> appended));
  }

  private void release(ThingId thing) throws RefusedException {
    for (KeptFrame held : held(thing)) {
      Receipt receipt =
          join(pipeline.take(held.frame(), PATIENCE, Kind.RELEASED, Set.of(held.id()))).receipt();
      if (!receipt.acknowledge()) {
        throw new RefusedException("the journal takes nothing now; try again");
      }
    }
  }

  private void drop(ThingId thing, String why) throws RefusedException {
    for (KeptFrame held : held(thing)) {
      KeptFrame rejected =
          new KeptFrame(
              0,
              KeptFrame.Kind.REJECTED,
              Rejection.NOT_ADMITTED.name(),
              why,
              Optional.of(thing),
              held.frame(),
              false);
      Entry entry = new Entry("", "", "", List.of(), Optional.of(rejected), Set.of(held.id()));
      stored(line.append(() -> entry, PATIENCE, appended -> appended));
    }
  }

  private List<KeptFrame> held(ThingId thing) {
    List<KeptFrame> held = new ArrayList<>();
    long after = 0;
    List<KeptFrame> page;
    do {
      page = journal.kept(KeptFrame.Kind.HELD, after, PAGE);
      for (KeptFrame frame : page) {
        after = frame.id();
        if (frame.thing().equals(Optional.of(thing))) {
          held.add(frame);
        }
      }
    } while (!page.isEmpty());
    return held;
  }

  private static void stored(CompletionStage<Appended> stage) throws RefusedException {
    if (join(stage) instanceof Appended.Refused refused) {
      throw new RefusedException("the journal takes nothing now: " + refused.why());
    }
  }

  private static <T> T join(CompletionStage<T> stage) throws RefusedException {
    try {
      return stage.toCompletableFuture().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RefusedException refused
          ? refused
          : new RefusedException("it failed: " + e.getCause());
    } catch (TimeoutException e) {
      throw new RefusedException("the journal did not answer within " + LIMIT.toSeconds() + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException("the hub is stopping");
    }
  }

  @Override
  public CompletionStage<Boolean> remove(ThingId id) {
    Device device = directory.find(id).orElse(null);
    if (device == null) {
      return CompletableFuture.completedFuture(false);
    } else if (device.registered().admission() == Admission.WAITING) {
      return administer(
          () ->
              alone(
                  () -> {
                    settle();
                    drop(id, "thing '" + id + "' was removed before it was admitted");
                    join(refusing(store.remove(id), "thing '" + id + "' not removed: "));
                    return gone(id);
                  }));
    }
    return refusing(store.remove(id), "thing '" + id + "' not removed: ")
        .thenApply(nothing -> gone(id));
  }

  private boolean gone(ThingId id) {
    boolean was = directory.remove(id);
    changed.accept(id);
    return was;
  }

  /** Things by admission, for health. */
  long count(Admission admission) {
    Collection<Device> all = directory.all();
    return all.stream().filter(device -> device.registered().admission() == admission).count();
  }
}
