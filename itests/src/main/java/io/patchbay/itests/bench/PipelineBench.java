package io.patchbay.itests.bench;

import io.patchbay.core.HubComponent;
import io.patchbay.journal.sqlite.JournalService;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.profiles.media.StandardMediaTypes;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Protocol;
import io.patchbay.southbound.Receipt;
import io.patchbay.store.Appended;
import io.patchbay.store.CommandStore;
import io.patchbay.store.Journal;
import io.patchbay.store.OrderStore;
import io.patchbay.store.Registered;
import io.patchbay.store.ThingStore;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;

/**
 * Core's way up alone, without a protocol: frames of four properties are decoded, scaled, checked
 * and remembered; first with a journal that says yes at once, on one thread, then with the real one
 * and its group commit.
 */
final class PipelineBench {
  private static final int THINGS = 100;
  private static final int PROPERTIES = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String JSON = "application/json";
  private static final String SENML = "application/senml+json";

  private final Options options;
  private final Path work;

  PipelineBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  private record Result(double rate, double cpuMicros) {}

  private record Case(String name, String mediaType, boolean kept) {}

  List<Measurement> run() throws IOException, InterruptedException {
    List<Measurement> all = new ArrayList<>();
    List<Case> cases =
        List.of(
            new Case("JSON, no journal", JSON, false),
            new Case("SenML, no journal", SENML, false),
            new Case("JSON, journal", JSON, true),
            new Case("SenML, journal", SENML, true));
    double floor = 0;
    for (Case one : cases) {
      if (!options.wants(one.name())) {
        continue;
      }
      List<Result> results = new ArrayList<>();
      for (int i = 0; i < options.rounds(); i++) {
        results.add(one.kept() ? journalled(one) : alone(one));
      }
      results.sort(Comparator.comparingDouble(Result::rate));
      Result median = results.get(results.size() / 2);
      floor = floor == 0 ? median.rate() : floor;
      all.add(
          new Measurement(
              one.name(),
              median.rate(),
              "readings/s",
              cases.get(0).name(),
              floor,
              0,
              0,
              median.cpuMicros(),
              Usage.rssMb(ProcessHandle.current().pid())));
    }
    return all;
  }

  /** One thread; readings per second of its CPU time. */
  private Result alone(Case one) {
    HubComponent hub = hub(one.mediaType(), new Yes().journal());
    try {
      Frame[][] frames = frames(one.mediaType());
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      long begin = System.nanoTime() + warm();
      long end = begin + Duration.ofSeconds(options.seconds()).toNanos();
      long cpu = 0;
      long count = 0;
      long taken = 0;
      for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
        if (cpu == 0 && now >= begin) {
          cpu = threads.getCurrentThreadCpuTime();
          count = 0;
        }
        for (int i = 0; i < THINGS; i++) {
          Frame frame = frames[i][(int) (count & 7)];
          taken += stored(hub.offer(frame, PATIENCE).toCompletableFuture().join());
          count++;
        }
      }
      double used = threads.getCurrentThreadCpuTime() - cpu;
      check(taken);
      return new Result(count * PROPERTIES / used * 1e9, used / 1e3 / (count * PROPERTIES));
    } finally {
      hub.stop();
    }
  }

  private static void check(long taken) {
    if (taken == 0) {
      throw new IllegalStateException("nothing was stored");
    }
  }

  private static int stored(Receipt receipt) {
    if (receipt instanceof Receipt.Stored stored && stored.rejected() == 0) {
      return 1;
    }
    throw new IllegalStateException("not stored: " + receipt);
  }

  /** With as many frames under way as a connection has; readings per second of time. */
  private Result journalled(Case one) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(work, "pipeline");
    JournalService journal =
        new JournalService(JournalBench.context(folder), JournalBench.config("full"));
    HubComponent hub = hub(one.mediaType(), journal);
    try {
      Frame[][] frames = frames(one.mediaType());
      Semaphore window = new Semaphore(options.outstanding(1_024));
      AtomicLong done = new AtomicLong();
      AtomicLong refused = new AtomicLong();
      long begin = System.nanoTime() + warm();
      long end = begin + Duration.ofSeconds(options.seconds()).toNanos();
      long pid = ProcessHandle.current().pid();
      long cpu = 0;
      long before = 0;
      long from = 0;
      long number = 0;
      for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
        if (from == 0 && now >= begin) {
          from = now;
          before = done.get();
          cpu = Usage.cpuMicros(pid);
        }
        window.acquire();
        int thing = (int) (number % THINGS);
        Frame frame = delivered(frames[thing][(int) (number & 7)], number++);
        var unused =
            hub.offer(frame, PATIENCE)
                .whenComplete(
                    (receipt, failure) -> {
                      if (receipt instanceof Receipt.Stored) {
                        done.addAndGet(PROPERTIES);
                      } else {
                        refused.incrementAndGet();
                      }
                      window.release();
                    });
      }
      double seconds = (System.nanoTime() - from) / 1e9;
      double readings = done.get() - before;
      double used = Usage.cpuMicros(pid) - cpu;
      window.acquire(options.outstanding(1_024));
      if (refused.get() > 0) {
        throw new IllegalStateException(refused.get() + " frames were not stored");
      }
      return new Result(readings / seconds, used / readings);
    } finally {
      hub.stop();
      JournalBench.closing(journal);
    }
  }

  private static Frame delivered(Frame frame, long number) {
    return new Frame(
        frame.origin(),
        frame.target(),
        frame.payload(),
        frame.mediaType(),
        Instant.ofEpochMilli(System.currentTimeMillis()),
        frame.time(),
        Optional.of(new DeliveryId(Long.toString(number), DeliveryId.Kind.FIRST)),
        frame.retained());
  }

  private long warm() {
    return Duration.ofSeconds(Math.min(options.warm(), 10)).toNanos();
  }

  /** Some frames of each thing; a source is found by its address, as a binding gives it. */
  private static Frame[][] frames(String mediaType) {
    Frame[][] frames = new Frame[THINGS][8];
    for (int thing = 0; thing < THINGS; thing++) {
      for (int i = 0; i < 8; i++) {
        String text =
            mediaType.equals(JSON)
                ? "{\"p0\":%d,\"p1\":%d.5,\"p2\":%d,\"p3\":true}"
                    .formatted(thing, 70 + i, 20_000 + i)
                : "[{\"n\":\"p0\",\"v\":%d},{\"n\":\"p1\",\"v\":%d.5},{\"n\":\"p2\",\"v\":%d},{\"n\":\"p3\",\"vb\":true}]"
                    .formatted(thing, 70 + i, 20_000 + i);
        frames[thing][i] =
            Frame.of(
                new Origin("bench", "one", "bench/" + thing),
                Bytes.utf8(text),
                Instant.ofEpochMilli(System.currentTimeMillis()));
      }
    }
    return frames;
  }

  private static HubComponent hub(String mediaType, Journal journal) {
    Profile profile = profile(mediaType);
    Profiles profiles = () -> Map.of(profile.id(), profile);
    HubComponent hub =
        new HubComponent(
            config(),
            context(),
            journal,
            new Things(),
            new Things(),
            new Things(),
            profiles,
            new StandardMediaTypes());
    Frame first = frames(mediaType)[0][0];
    long end = System.nanoTime() + PATIENCE.toNanos();
    // core looks for protocols on a thread of its own
    while (hub.offer(first, PATIENCE).toCompletableFuture().join() instanceof Receipt.Busy
        && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return hub;
  }

  /** As it is, from °F, scaled, a boolean. */
  private static Profile profile(String mediaType) {
    Map<String, Property> properties = new HashMap<>();
    List<DataSchema> schemas =
        List.of(
            DataSchema.of(DataSchema.Type.INTEGER),
            number("Cel", 1 / 1.8, -32 / 1.8),
            number("W", 0.1, 0),
            DataSchema.of(DataSchema.Type.BOOLEAN));
    for (int i = 0; i < PROPERTIES; i++) {
      Form form =
          new Form(
              "bench",
              Set.of(Op.OBSERVE),
              mediaType,
              Map.of("address", "bench/{device}", "path", "p" + i));
      properties.put(
          "p" + i,
          new Property(
              "p" + i,
              "",
              "",
              schemas.get(i),
              true,
              Optional.empty(),
              Optional.empty(),
              List.of(form)));
    }
    return new Profile(
        "bench",
        "1",
        "",
        "bench-{device}",
        List.of(),
        properties,
        Map.of(),
        Map.of(),
        List.of(),
        true);
  }

  private static DataSchema number(String unit, double scale, double offset) {
    return new DataSchema(
        DataSchema.Type.NUMBER,
        unit,
        scale,
        offset,
        Optional.of(-1e6),
        Optional.of(1e6),
        List.of(),
        List.of());
  }

  /** The things, registered. */
  private static final class Things implements ThingStore, OrderStore, CommandStore {
    @Override
    public List<Waiting> waiting() {
      return List.of();
    }

    @Override
    public CompletionStage<Void> save(Waiting waiting) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> ended(CommandId id) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<Order> orders() {
      return List.of();
    }

    @Override
    public CompletionStage<Void> save(Order order) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> cancel(ThingId thing, String property) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<Registered> load() {
      List<Registered> all = new ArrayList<>();
      for (int i = 0; i < THINGS; i++) {
        Thing thing =
            new Thing(
                new ThingId("bench-" + i),
                URI.create("bench://one"),
                "bench",
                Map.of("device", Integer.toString(i)),
                Map.of());
        all.add(
            new Registered(
                thing, Registered.Admission.ADMITTED, Registered.Origin.FILE, Instant.EPOCH));
      }
      return all;
    }

    @Override
    public CompletionStage<Void> save(Registered registered) {
      return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<Void> remove(ThingId id) {
      return CompletableFuture.completedStage(null);
    }
  }

  /** Says yes at once. */
  private static final class Yes {
    private long last;

    Journal journal() {
      return (Journal)
          Proxy.newProxyInstance(
              PipelineBench.class.getClassLoader(),
              new Class<?>[] {Journal.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "append" ->
                        CompletableFuture.completedStage(new Appended.Stored(last += PROPERTIES));
                    case "latest", "deliveries" -> List.of();
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
    }
  }

  /** A protocol of addresses alone. */
  private static final class Addresses implements Protocol {
    @Override
    public String scheme() {
      return "bench";
    }

    @Override
    public String formSchema() {
      return "{}";
    }

    @Override
    public Optional<String> address(Form form) {
      return form.term("address");
    }

    @Override
    public Codec compile(Form form, DataSchema schema) {
      throw new IllegalArgumentException("mediaType '" + form.mediaType() + "' is unknown");
    }

    @Override
    public LaneSpec lane(Thing thing, Profile profile) {
      return new LaneSpec("bench", 1, Duration.ZERO, 1);
    }
  }

  private static HubComponent.Config config() {
    return (HubComponent.Config)
        Proxy.newProxyInstance(
            PipelineBench.class.getClassLoader(),
            new Class<?>[] {HubComponent.Config.class},
            (proxy, method, arguments) -> method.getDefaultValue());
  }

  /** As much of a framework as core asks for: one service, the protocol. */
  private static BundleContext context() {
    ServiceReference<?> reference =
        (ServiceReference<?>)
            Proxy.newProxyInstance(
                PipelineBench.class.getClassLoader(),
                new Class<?>[] {ServiceReference.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "hashCode" -> 1;
                      case "equals" -> proxy == arguments[0];
                      case "compareTo" -> 0;
                      default -> null;
                    });
    return (BundleContext)
        Proxy.newProxyInstance(
            PipelineBench.class.getClassLoader(),
            new Class<?>[] {BundleContext.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "createFilter" -> FrameworkUtil.createFilter((String) arguments[0]);
                  case "getServiceReferences" ->
                      Protocol.class.getName().equals(arguments[0])
                          ? new ServiceReference<?>[] {reference}
                          : null;
                  case "getService" -> new Addresses();
                  case "ungetService" -> true;
                  default -> null;
                });
  }
}
