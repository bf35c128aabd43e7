package io.patchbay.camel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.patchbay.camel.HubHeaders;
import io.patchbay.northbound.Feed;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Quality;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rules that need a memory: limits with a band between them, and silence. */
class WatchTest {
  private final LocalHub hub = new LocalHub();
  private final DefaultCamelContext context = hub.context();
  private final List<Feed.Receiver> receivers = new CopyOnWriteArrayList<>();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final AtomicLong sequence = new AtomicLong();

  /** Hands every reading to whoever opened it. */
  private final class OpenFeed implements Feed {
    @Override
    public Registration open(String name, Selection selection, Receiver receiver) {
      receivers.add(receiver);
      return new Registration() {
        @Override
        public long dropped() {
          return 0;
        }

        @Override
        public void close() {
          receivers.remove(receiver);
        }
      };
    }
  }

  @AfterEach
  void stop() throws Exception {
    context.close();
    assertThat(receivers).isEmpty();
    assertThat(hub.provided()).isEmpty();
  }

  private void route(String uri, Processor processor) throws Exception {
    hub.put(Feed.class, new OpenFeed());
    context.start();
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from(uri).routeId("rule").process(processor);
          }
        });
  }

  private void note(Exchange exchange) {
    told.add(
        exchange.getMessage().getHeader(HubHeaders.THING)
            + " "
            + exchange.getMessage().getHeader(HubHeaders.STATE));
  }

  private void say(String thing, Value value, Quality quality) {
    Instant now = Instant.now();
    Uplink reading =
        new Uplink.Reading(
            new ThingId(thing), "temperature", value, "Cel", now, TimeSource.DEVICE, now, quality);
    Recorded recorded = new Recorded(sequence.incrementAndGet(), "room@1", reading);
    receivers.forEach(each -> assertThat(each.offer(recorded)).isTrue());
  }

  private void say(String thing, double value) {
    say(thing, new Value.Num(value), Quality.GOOD);
  }

  @Test
  void optionsThatMakeNoSenseAreRefusedInWords() {
    assertThatThrownBy(() -> route("hub:threshold?above=1", this::note))
        .hasStackTraceContaining("needs property=");
    assertThatThrownBy(() -> route("hub:threshold?property=t", this::note))
        .hasStackTraceContaining("needs above=");
    assertThatThrownBy(() -> route("hub:threshold?property=t&above=warm", this::note))
        .hasStackTraceContaining("above=warm is not understood; accepted: a number");
    assertThatThrownBy(() -> route("hub:threshold?property=t&above=1&below=2", this::note))
        .hasStackTraceContaining("accepted: at most that");
    assertThatThrownBy(() -> route("hub:silence", this::note))
        .hasStackTraceContaining("needs after=");
  }

  @Test
  void whatSwingsBetweenTheLimitsSwitchesOnce() throws Exception {
    route("hub:threshold?property=temperature&above=28&below=26", this::note);
    say("room", 27); // between the limits nothing is known yet
    say("room", 28.5);
    await().until(() -> told.equals(List.of("room above")));
    for (double swing : new double[] {27.9, 28.1, 26.1, 28.4, 26}) {
      say("room", swing);
    }
    say("room", new Value.Text("warm"), Quality.GOOD);
    say("room", new Value.Num(-273), Quality.BAD);
    say("other", new Value.Int(25), Quality.GOOD);
    await().until(() -> told.contains("other below"));
    say("room", 25.9);
    await().until(() -> told.size() == 3);
    assertThat(told).containsExactly("room above", "other below", "room below");
  }

  @Test
  void whatDoesNotLastIsNotTold() throws Exception {
    route("hub:threshold?property=temperature&above=28&below=26&hold=400ms", this::note);
    long began = System.nanoTime();
    say("room", 29);
    say("peak", 29);
    say("peak", 20);
    say("peak", 29);
    say("peak", 20);
    await().until(() -> told.size() == 2);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(399));
    assertThat(told).containsExactlyInAnyOrder("room above", "peak below");
    say("room", 29.5); // no reading is needed for the time to pass, and one more starts no new one
    say("room", 25);
    say("room", 28.5);
    say("last", 25);
    await().until(() -> told.contains("last below"));
    assertThat(told).hasSize(3);
  }

  @Test
  void whatTheRouteDoesNotTakeIsToldAgain() throws Exception {
    AtomicBoolean failing = new AtomicBoolean(true);
    route(
        "hub:threshold?property=temperature&above=28",
        exchange -> {
          if (failing.getAndSet(false)) {
            throw new IllegalStateException("the fan does not answer");
          }
          note(exchange);
        });
    say("room", 29);
    await().atMost(Duration.ofSeconds(15)).until(() -> told.equals(List.of("room above")));
  }

  @Test
  void whoFallsSilentIsToldOnceAndAgainWhenHeard() throws Exception {
    route("hub:silence?thing=mute&after=300ms", this::note);
    say("room", 1);
    await().until(() -> told.size() == 2);
    assertThat(told)
        .as("also one that never spoke")
        .containsExactlyInAnyOrder("mute silent", "room silent");
    say("room", 1);
    await().until(() -> told.contains("room heard"));
    say("room", 1);
    await().until(() -> told.size() == 4);
    assertThat(told.subList(2, 4)).containsExactly("room heard", "room silent");
  }
}
