package io.patchbay.camel.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.camel.CommandFailedException;
import io.patchbay.camel.HubHeaders;
import io.patchbay.camel.Uplinks;
import io.patchbay.northbound.Commands;
import io.patchbay.southbound.Answer;
import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Value;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.netty.NettyEndpoint;
import org.apache.camel.component.netty.http.NettyHttpEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubComponentTest {
  private static final Origin ORIGIN = new Origin("mqtt", "local", "tele/plug1/SENSOR");
  private static final ThingId PLUG = new ThingId("plug1");
  private static final Uplink.Reading READING =
      new Uplink.Reading(
          PLUG,
          "power",
          new Value.Num(21.5),
          "W",
          Instant.ofEpochMilli(1_700_000_000_123L),
          TimeSource.DEVICE,
          Instant.ofEpochMilli(1_700_000_000_200L),
          Quality.GOOD);

  private final LocalHub hub = new LocalHub();
  private final DefaultCamelContext context = hub.context();
  private final RecordingUplinkPort port = new RecordingUplinkPort();
  private ProducerTemplate template = context.createProducerTemplate();

  @BeforeEach
  void start() {
    context.start();
    template = context.createProducerTemplate();
  }

  @AfterEach
  void stop() throws Exception {
    context.close();
    port.close();
  }

  private Exchange send(String uri, @Nullable Object body, Map<String, Object> headers) {
    return template.request(
        uri,
        exchange -> {
          exchange.getMessage().setBody(body);
          exchange.getMessage().getHeaders().putAll(headers);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hub:nowhere | the hub has no end 'nowhere'; accepted: hub:uplink",
        "hub:uplink?patience=soon | patience=soon is not understood; accepted: a duration",
        "hub:uplink?patince=5s | Unknown parameters=[{patince=5s}]",
        "hub:downlink | needs scheme=",
        "hub:readings?thing=-x | '-x' is not a thing's name",
        "hub:readings?buffer=0 | buffer=0 is not understood; accepted: a whole number from 1",
        "hub:readings?start=oldest | Unknown parameters=[{start=oldest}]",
        "hub:readings?subscription=a%20b | subscription=a b is not understood",
        "hub:readings?subscription=a&start=then | start=then is not understood; accepted: oldest,"
            + " now",
        "hub:readings?subscription=a&maxRedeliveryDelay=1ms | redeliveryDelay must be more than 0",
        "hub:command?failOnError=maybe | failOnError=maybe is not understood; accepted: true or"
            + " false",
      })
  void refusesWrongEndpointsInWords(String uri, String words) {
    assertThatThrownBy(() -> context.getEndpoint(uri)).hasStackTraceContaining(words);
  }

  @Test
  void refusesEndpointsOnTheWrongSide() {
    assertThatThrownBy(() -> context.getEndpoint("hub:readings").createProducer())
        .hasMessageContaining("can stand in 'from' alone");
    assertThatThrownBy(() -> context.getEndpoint("hub:uplink").createConsumer(exchange -> {}))
        .hasMessageContaining("can stand in 'to' alone");
  }

  @Test
  void answersBusyWhileTheHubIsNotUp() {
    Frame frame = Frame.of(ORIGIN, Bytes.utf8("{}"), Instant.now());
    assertThat(send("hub:uplink", frame, Map.of()).getMessage().getBody())
        .isInstanceOf(Receipt.Busy.class);
  }

  @Test
  void refusesABodyThatIsNoUplink() {
    hub.put(UplinkPort.class, port);
    assertThat(send("hub:uplink", "text", Map.of()).getException())
        .hasMessageContaining("hub:uplink takes a Frame, Uplinks, or a List<Uplink>")
        .hasMessageContaining("not java.lang.String");
  }

  @Test
  void aBugOfTheHubFailsTheExchange() {
    IllegalStateException bug = new IllegalStateException("bug");
    hub.put(UplinkPort.class, new FailingUplinkPort(CompletableFuture.failedFuture(bug)));
    Frame frame = Frame.of(ORIGIN, Bytes.utf8("{}"), Instant.now());
    assertThat(send("hub:uplink", frame, Map.of()).getException()).isSameAs(bug);
  }

  @Test
  void offersFramesAndUplinksAndGivesTheReceipt() {
    hub.put(UplinkPort.class, port);
    Frame frame = Frame.of(ORIGIN, Bytes.utf8("{}"), Instant.now());
    assertThat(send("hub:uplink?patience=1s", frame, Map.of()).getMessage().getBody())
        .isEqualTo(new Receipt.Stored(0, 0));
    send("hub:uplink", new Uplinks(ORIGIN, List.of(READING)), Map.of());
    send("hub:uplink", List.of(READING), Map.of(HubHeaders.ORIGIN, ORIGIN));
    assertThat(port.offers())
        .containsExactly(
            new RecordingUplinkPort.Offer(ORIGIN, Optional.of(frame), List.of()),
            new RecordingUplinkPort.Offer(ORIGIN, Optional.empty(), List.of(READING)),
            new RecordingUplinkPort.Offer(ORIGIN, Optional.empty(), List.of(READING)));
  }

  private Request request(Duration left) {
    Command command = new Command.Read(PLUG, List.of("power"), Instant.now().plus(left));
    Thing thing = new Thing(PLUG, URI.create("modbus+tcp://h"), "p", Map.of(), Map.of());
    return new Request(CommandId.fresh(), command, thing, Map.of());
  }

  private DownlinkPort downlink(RouteBuilder routes) throws Exception {
    context.addRoutes(routes);
    assertThat(hub.provided())
        .anySatisfy(
            each -> assertThat(each.properties()).containsEntry(DownlinkPort.SCHEME, "modbus"));
    return hub.provided(DownlinkPort.class).get(0);
  }

  @Test
  void anExceptionInTheRouteDownIsAnInternalFailure() throws Exception {
    DownlinkPort down =
        downlink(
            new RouteBuilder() {
              @Override
              public void configure() {
                errorHandler(noErrorHandler());
                from("hub:downlink?scheme=modbus")
                    .routeId("down")
                    .process(
                        exchange -> {
                          throw new IllegalStateException("broken codec");
                        });
              }
            });
    assertThat(down.send(request(Duration.ofSeconds(5))).toCompletableFuture().join())
        .isEqualTo(new Answer.Failed(Outcome.Reason.INTERNAL, "broken codec"));
  }

  /** As Camel ends what is under way in a route that stops. */
  @Test
  void aRouteDownThatStopsIsNoProtocol() throws Exception {
    DownlinkPort down =
        downlink(
            new RouteBuilder() {
              @Override
              public void configure() {
                errorHandler(noErrorHandler());
                from("hub:downlink?scheme=modbus")
                    .process(
                        exchange -> {
                          throw new RejectedExecutionException("Run not allowed");
                        });
              }
            });
    assertThat(down.send(request(Duration.ofSeconds(5))).toCompletableFuture().join())
        .isEqualTo(new Answer.Failed(Outcome.Reason.NO_PROTOCOL, "the modbus routes are stopping"));
  }

  @Test
  void aRouteDownThatEndsWithoutAnAnswerIsAnInternalFailure() throws Exception {
    DownlinkPort down = downlink(route(new AtomicReference<>(), "words"));
    assertThat(down.send(request(Duration.ofSeconds(5))).toCompletableFuture().join())
        .isInstanceOfSatisfying(
            Answer.Failed.class,
            failed -> assertThat(failed.detail()).contains("gave java.lang.String"));
  }

  @Test
  void aRouteDownThatNeverAnswersTimesOutAtTheDeadline() throws Exception {
    DownlinkPort down =
        downlink(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("hub:downlink?scheme=modbus").process(new NeverDone());
              }
            });
    context.getShutdownStrategy().setTimeout(1);
    CompletableFuture<Answer> never =
        down.send(request(Duration.ofMillis(50))).toCompletableFuture();
    assertThat(never.join())
        .isEqualTo(new Answer.Failed(Outcome.Reason.TIMEOUT, "no answer before the deadline"));
  }

  /** A device that never answers. */
  private static final class NeverDone extends AsyncProcessorSupport {
    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      return false;
    }
  }

  @Test
  void requestsGoThroughTheRouteAndItsLastBodyIsTheAnswer() throws Exception {
    AtomicReference<Object> seen = new AtomicReference<>();
    Answer answer = new Answer.Frames(List.of());
    DownlinkPort down = downlink(route(seen, answer));
    Request request = request(Duration.ofSeconds(5));
    assertThat(down.send(request).toCompletableFuture().join()).isSameAs(answer);
    assertThat(seen.get()).isSameAs(request);
    context.getRouteController().stopRoute("down");
    assertThat(hub.provided(DownlinkPort.class)).isEmpty();
    assertThat(down.send(request).toCompletableFuture().join())
        .isEqualTo(new Answer.Failed(Outcome.Reason.NO_PROTOCOL, "the modbus routes are stopping"));
  }

  private static RouteBuilder route(AtomicReference<Object> seen, Object answer) {
    return new RouteBuilder() {
      @Override
      public void configure() {
        from("hub:downlink?scheme=modbus")
            .routeId("down")
            .process(
                exchange -> {
                  seen.set(exchange.getMessage().getBody());
                  exchange.getMessage().setBody(answer);
                });
      }
    };
  }

  /** Writes down what is submitted; answers Done. */
  private static final class RecordingCommands implements Commands {
    private final List<Command> submitted = new java.util.concurrent.CopyOnWriteArrayList<>();
    private Outcome outcome = new Outcome.Done(List.of());

    @Override
    public Ticket submit(Command command, String by) {
      submitted.add(command);
      return new Ticket(CommandId.fresh(), CompletableFuture.completedStage(outcome));
    }

    @Override
    public Optional<CommandRecord> find(CommandId id) {
      return Optional.empty();
    }
  }

  private static final Instant DEADLINE = Instant.parse("2030-01-01T00:00:00Z");

  private Command command(@Nullable Object body, Map<String, Object> headers) {
    RecordingCommands commands = new RecordingCommands();
    hub.put(Commands.class, commands);
    Map<String, Object> all = new HashMap<>(headers);
    all.put(HubHeaders.THING, "plug1");
    all.put(HubHeaders.DEADLINE, "2030-01-01T00:00:00Z");
    Exchange exchange = send("hub:command", body, all);
    if (exchange.getException() != null) {
      throw new IllegalStateException(exchange.getException());
    }
    return commands.submitted.get(0);
  }

  @Test
  void aFailedCommandFailsTheExchangeUnlessTold() {
    RecordingCommands commands = new RecordingCommands();
    commands.outcome = new Outcome.Failed(Outcome.Reason.REFUSED, "locked");
    hub.put(Commands.class, commands);
    Command read = new Command.Read(PLUG, List.of("power"), DEADLINE);
    assertThat(send("hub:command", read, Map.of()).getException())
        .isInstanceOf(CommandFailedException.class)
        .hasMessage("REFUSED: locked");
    Exchange told = send("hub:command?failOnError=false", read, Map.of());
    assertThat(told.getException()).isNull();
    assertThat(told.getMessage().getBody()).isEqualTo(commands.outcome);
  }

  @Test
  void aCommandFailsWhileTheHubIsNotUp() {
    Command read = new Command.Read(PLUG, List.of("power"), DEADLINE);
    assertThat(send("hub:command", read, Map.of()).getException())
        .hasMessageContaining("the hub takes no commands yet");
  }

  @Test
  void refusesAValueThatCannotBe() {
    assertThatThrownBy(() -> command(new java.util.BitSet(), Map.of(HubHeaders.PROPERTY, "relay")))
        .hasMessageContaining("cannot make a value of java.util.BitSet");
    assertThatThrownBy(() -> command("9223372036854775808", Map.of(HubHeaders.PROPERTY, "relay")))
        .hasMessageContaining("too large");
    assertThatThrownBy(() -> command("1", Map.of())).hasMessageContaining("HubProperty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", " true "})
  void readsJsonText(String text) {
    assertThat(command(text, Map.of(HubHeaders.PROPERTY, "relay")))
        .isEqualTo(new Command.Write(PLUG, "relay", new Value.Bool(true), DEADLINE));
  }

  @Test
  void makesCommandsOfHeadersAndBody() {
    Map<String, Object> relay = Map.of(HubHeaders.PROPERTY, "relay");
    assertThat(command(null, relay)).isEqualTo(new Command.Read(PLUG, List.of("relay"), DEADLINE));
    assertThat(command(21, relay))
        .isEqualTo(new Command.Write(PLUG, "relay", new Value.Int(21), DEADLINE));
    assertThat(command("21.50", relay))
        .isEqualTo(new Command.Write(PLUG, "relay", new Value.Num(21.5), DEADLINE));
    assertThat(command("auto", relay))
        .isEqualTo(new Command.Write(PLUG, "relay", new Value.Text("auto"), DEADLINE));
    assertThat(command("\"12\"".getBytes(StandardCharsets.UTF_8), relay))
        .isEqualTo(new Command.Write(PLUG, "relay", new Value.Text("12"), DEADLINE));
    assertThat(command("{\"level\":3,\"mode\":\"eco\"}", Map.of(HubHeaders.ACTION, "dim")))
        .isEqualTo(
            new Command.Invoke(
                PLUG,
                "dim",
                Map.of("level", new Value.Int(3), "mode", new Value.Text("eco")),
                DEADLINE));
  }

  @Test
  void uplinksBecomeSenmlWhereTextIsAskedFor() throws Exception {
    String expected = "[{\"n\":\"plug1/power\",\"u\":\"W\",\"v\":21.5,\"t\":1700000000.123}]";
    assertThat(context.getTypeConverter().convertTo(String.class, READING)).isEqualTo(expected);
    assertThat(context.getTypeConverter().convertTo(byte[].class, READING))
        .isEqualTo(expected.getBytes(StandardCharsets.UTF_8));
    try (InputStream stream = context.getTypeConverter().convertTo(InputStream.class, READING)) {
      assertThat(stream.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo(expected);
    }
  }

  @Test
  void encryptedConnectionsVerifyTheHostsName() {
    assertThat(
            context
                .getEndpoint("netty-http:https://127.0.0.1:1/", NettyHttpEndpoint.class)
                .getConfiguration()
                .isHostnameVerification())
        .isTrue();
    assertThat(
            context
                .getEndpoint("netty:tcp://127.0.0.1:1", NettyEndpoint.class)
                .getConfiguration()
                .isHostnameVerification())
        .isTrue();
  }

  /** Ends every offer as told. */
  private record FailingUplinkPort(CompletableFuture<Receipt> stage) implements UplinkPort {
    @Override
    public CompletableFuture<Receipt> offer(Frame frame, Duration patience) {
      return stage;
    }

    @Override
    public CompletableFuture<Receipt> offer(
        Origin origin, List<Uplink> uplinks, Duration patience) {
      return stage;
    }

    @Override
    public CompletableFuture<Receipt> presence(
        String scheme, String connection, io.patchbay.thing.Status status, String detail) {
      return stage;
    }
  }
}
