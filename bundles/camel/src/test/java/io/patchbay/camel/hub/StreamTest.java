package io.patchbay.camel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.camel.HubHeaders;
import io.patchbay.northbound.Feed;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.testkit.InMemoryJournal;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamTest {
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  private final LocalHub hub = new LocalHub();
  private final DefaultCamelContext context = hub.context();
  private final InMemoryJournal journal = new InMemoryJournal();
  private final List<Uplink> seen = new CopyOnWriteArrayList<>();

  StreamTest() {
    journal.listen(
        last -> hub.provided(Journal.CommitListener.class).forEach(each -> each.committed(last)));
  }

  @AfterEach
  void stop() throws Exception {
    context.close();
    journal.close();
  }

  private static Uplink reading(String thing, long value) {
    return new Uplink.Reading(
        new ThingId(thing),
        "power",
        new Value.Int(value),
        "W",
        TIME,
        TimeSource.DEVICE,
        TIME,
        Quality.GOOD);
  }

  private void append(Uplink... uplinks) {
    journal
        .append(Entry.of("plug@1", List.of(uplinks)), Duration.ofSeconds(1))
        .toCompletableFuture()
        .join();
  }

  private RouteBuilder route(String uri, Processor processor) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        from(uri).routeId("stream").process(processor);
      }
    };
  }

  private void see(org.apache.camel.Exchange exchange) {
    seen.add(exchange.getMessage().getBody(Uplink.class));
  }

  private long pending() {
    return journal.ledger().subscriptions().stream().mapToLong(account -> account.pending()).sum();
  }

  @Test
  void aRouteOfASubscriptionThatIsReadAlreadyDoesNotStart() throws Exception {
    hub.put(Journal.class, journal);
    journal.open("taken", Selection.all(), Journal.Start.NOW);
    context.start();
    assertThatThrownBy(() -> context.addRoutes(route("hub:readings?subscription=taken", this::see)))
        .hasStackTraceContaining("has a reader already");
    assertThat(hub.provided()).isEmpty();
  }

  @Test
  void aFailingReceiverGetsItAgainUntilItTakesIt() throws Exception {
    hub.put(Journal.class, journal);
    AtomicBoolean failing = new AtomicBoolean(true);
    context.addRoutes(
        route(
            "hub:readings?subscription=north&redeliveryDelay=5ms&maxRedeliveryDelay=20ms",
            exchange -> {
              if (failing.get()) {
                throw new IllegalStateException("receiver away");
              }
              see(exchange);
            }));
    context.start();
    append(reading("plug1", 1), reading("plug1", 2));
    await().until(() -> health().state() == Health.State.WARN);
    assertThat(health().message()).contains("receiver away");
    assertThat(pending()).isEqualTo(2);
    failing.set(false);
    await().until(() -> pending() == 0);
    assertThat(seen).containsExactly(reading("plug1", 1), reading("plug1", 2));
    assertThat(health().state()).isEqualTo(Health.State.OK);
  }

  private Health.Check health() {
    return hub.provided(Health.class).get(0).checks().get(0);
  }

  @Test
  void whatTheRoutesOwnErrorHandlerHandledIsDone() throws Exception {
    hub.put(Journal.class, journal);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            onException(IllegalStateException.class).handled(true).process(StreamTest.this::see);
            from("hub:readings?subscription=north")
                .process(
                    exchange -> {
                      throw new IllegalStateException("poison");
                    });
          }
        });
    context.start();
    append(reading("plug1", 1), reading("plug1", 2));
    await().until(() -> pending() == 0 && seen.size() == 2);
  }

  @Test
  void goesOnWhereItStoppedAfterARestart() throws Exception {
    hub.put(Journal.class, journal);
    context.addRoutes(route("hub:readings?subscription=north&start=oldest", this::see));
    append(reading("plug1", 1));
    context.start();
    await().until(() -> seen.size() == 1);
    context.getRouteController().stopRoute("stream");
    assertThat(hub.provided()).isEmpty();
    append(reading("plug1", 2));
    context.getRouteController().startRoute("stream");
    await().until(() -> seen.size() == 2);
    assertThat(seen).containsExactly(reading("plug1", 1), reading("plug1", 2));
  }

  @Test
  void waitsForTheJournalAndFollowsItWhenItIsReplaced() throws Exception {
    context.addRoutes(route("hub:readings?subscription=north&start=oldest", this::see));
    context.start();
    append(reading("plug1", 1));
    hub.put(Journal.class, journal);
    await().until(() -> seen.size() == 1);
    hub.remove(Journal.class);
    append(reading("plug1", 2));
    hub.put(Journal.class, journal);
    await().until(() -> seen.size() == 2);
  }

  @Test
  void selectsByKindThingProfileAndProperty() throws Exception {
    hub.put(Journal.class, journal);
    context.addRoutes(
        route(
            "hub:readings?subscription=north&thing=plug1&profile=plug&property=power", this::see));
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("hub:status?subscription=states").process(StreamTest.this::see);
          }
        });
    context.start();
    Uplink gone = new Uplink.StatusChange(new ThingId("plug2"), Status.OFFLINE, "", TIME, TIME);
    append(reading("plug2", 1), gone, reading("plug1", 2));
    await().until(() -> seen.size() == 2);
    assertThat(seen).containsExactlyInAnyOrder(gone, reading("plug1", 2));
  }

  @Test
  void saysWhatIsKnownInHeaders() throws Exception {
    hub.put(Journal.class, journal);
    List<Map<String, Object>> headers = new CopyOnWriteArrayList<>();
    context.addRoutes(
        route(
            "hub:readings?subscription=north",
            exchange -> headers.add(Map.copyOf(exchange.getMessage().getHeaders()))));
    context.start();
    append(reading("plug1", 21));
    await().until(() -> headers.size() == 1);
    assertThat(headers.get(0))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                HubHeaders.THING, "plug1",
                HubHeaders.PROPERTY, "power",
                HubHeaders.VALUE, 21L,
                HubHeaders.UNIT, "W",
                HubHeaders.PROFILE, "plug@1",
                HubHeaders.TIME, TIME,
                HubHeaders.RECEIVED, TIME,
                HubHeaders.QUALITY, "GOOD",
                HubHeaders.SEQUENCE, 1L));
  }

  /** Hands what a test puts in to those who listen. */
  private static final class ManualFeed implements Feed {
    private final List<Receiver> receivers = new CopyOnWriteArrayList<>();
    private final AtomicLong dropped = new AtomicLong();
    private long sequence;

    @Override
    public Registration open(String name, Selection selection, Receiver receiver) {
      receivers.add(receiver);
      return new Registration() {
        @Override
        public long dropped() {
          return dropped.get();
        }

        @Override
        public void close() {
          receivers.remove(receiver);
        }
      };
    }

    void say(Uplink uplink) {
      sequence++;
      Recorded recorded = new Recorded(sequence, "plug@1", uplink);
      receivers.forEach(
          receiver -> {
            if (!receiver.offer(recorded)) {
              dropped.incrementAndGet();
            }
          });
    }
  }

  @Test
  void aLiveRouteThatIsTooSlowLosesTheNewestAndCountsThem() throws Exception {
    ManualFeed feed = new ManualFeed();
    hub.put(Feed.class, feed);
    CountDownLatch go = new CountDownLatch(1);
    context.addRoutes(
        route(
            "hub:readings?buffer=2",
            exchange -> {
              go.await();
              see(exchange);
            }));
    context.start();
    feed.say(reading("plug1", 0));
    await().until(() -> sample("patchbay_stream_waiting") >= 0 && feedTaken(feed));
    for (int i = 1; i <= 10; i++) {
      feed.say(reading("plug1", i));
    }
    assertThat(feed.dropped.get()).isPositive();
    assertThat(sample("patchbay_stream_refused_total")).isEqualTo((double) feed.dropped.get());
    go.countDown();
    await().until(() -> seen.size() == 11 - feed.dropped.get());
    for (int i = 0; i < seen.size(); i++) {
      assertThat(seen.get(i)).isEqualTo(reading("plug1", i));
    }
  }

  private static boolean feedTaken(ManualFeed feed) {
    return !feed.receivers.isEmpty();
  }

  private double sample(String name) {
    return hub.provided(Metrics.class).get(0).samples().stream()
        .filter(sample -> sample.name().equals(name))
        .mapToDouble(Metrics.Sample::value)
        .sum();
  }

  @Test
  void aLiveRoutePassesByWhatFails() throws Exception {
    ManualFeed feed = new ManualFeed();
    hub.put(Feed.class, feed);
    context.addRoutes(
        route(
            "hub:readings",
            exchange -> {
              see(exchange);
              if (seen.size() == 1) {
                throw new IllegalStateException("receiver away");
              }
            }));
    context.start();
    feed.say(reading("plug1", 1));
    feed.say(reading("plug1", 2));
    await().until(() -> seen.size() == 2);
    assertThat(sample("patchbay_stream_failures_total")).isEqualTo(1);
    hub.remove(Feed.class);
    assertThat(feed.receivers).isEmpty();
    hub.put(Feed.class, feed);
    feed.say(reading("plug1", 3));
    await().until(() -> seen.size() == 3);
  }
}
