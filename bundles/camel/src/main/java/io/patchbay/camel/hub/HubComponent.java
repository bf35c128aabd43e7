package io.patchbay.camel.hub;

import io.patchbay.store.Journal.Start;
import io.patchbay.store.Selection;
import io.patchbay.thing.ThingId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;

/** {@code hub:}, the hub as Camel endpoints. Found by Camel through META-INF/services. */
public final class HubComponent extends DefaultComponent {
  private static final Pattern SUBSCRIPTION = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final int LARGEST = 1_000_000;

  @Override
  protected Endpoint createEndpoint(String uri, String end, Map<String, Object> parameters) {
    Options options = new Options(parameters);
    Hub hub = hub();
    return switch (end) {
      case "uplink" -> {
        Duration patience = options.duration("patience", Duration.ofSeconds(5));
        yield HubEndpoint.sink(uri, this, at -> new UplinkProducer(at, hub, patience));
      }
      case "command" -> {
        Duration timeout = options.duration("timeout", Duration.ofSeconds(10));
        boolean failOnError = options.flag("failOnError", true);
        yield HubEndpoint.sink(uri, this, at -> new CommandProducer(at, hub, timeout, failOnError));
      }
      case "downlink" -> {
        String scheme = options.required("scheme", "modbus");
        yield HubEndpoint.source(uri, this, (at, to) -> new DownlinkConsumer(at, to, hub, scheme));
      }
      case "readings" -> stream(uri, hub, Selection.Kind.READING, options);
      case "events" -> stream(uri, hub, Selection.Kind.OCCURRENCE, options);
      case "status" -> stream(uri, hub, Selection.Kind.STATUS, options);
      case "discovered" -> stream(uri, hub, Selection.Kind.DISCOVERED, options);
      case "threshold" -> threshold(uri, hub, options);
      case "silence" -> silence(uri, hub, options);
      default ->
          throw new IllegalArgumentException(
              "the hub has no end '"
                  + end
                  + "'; accepted: hub:uplink, hub:downlink, hub:readings, hub:events, hub:status,"
                  + " hub:discovered, hub:threshold, hub:silence, hub:command");
    };
  }

  private Hub hub() {
    Hub hub = getCamelContext().getCamelContextExtension().getContextPlugin(Hub.class);
    if (hub == null) {
      throw new IllegalStateException(
          "hub: works only in a context that the camel bundle made (service Contexts)");
    }
    return hub;
  }

  private HubEndpoint stream(String uri, Hub hub, Selection.Kind kind, Options options) {
    Selection selection = selection(kind, options);
    int buffer = options.number("buffer", 1_000, 1, LARGEST);
    Optional<String> subscription = options.text("subscription");
    Window window =
        new Window(
            buffer,
            options.number("inFlight", subscription.isPresent() ? 64 : 1, 1, LARGEST),
            options.number("inFlightPerThing", 1, 1, LARGEST));
    Supply supply =
        subscription.isPresent()
            ? durable(hub, subscription.get(), selection, options)
            : new LiveSupply(hub, selection, buffer);
    return HubEndpoint.source(
        uri, this, (at, to) -> new StreamConsumer(at, to, hub, window, supply));
  }

  private static Selection selection(Selection.Kind kind, Options options) {
    return new Selection(
        Set.of(kind),
        options.text("thing").map(ThingId::new),
        options.text("profile"),
        options.text("property"));
  }

  private HubEndpoint threshold(String uri, Hub hub, Options options) {
    Selection selection = selection(Selection.Kind.READING, options);
    if (selection.property().isEmpty()) {
      throw new IllegalArgumentException("needs property=temperature");
    }
    double above = options.decimal("above");
    ThresholdConsumer.Limits limits =
        new ThresholdConsumer.Limits(
            above, options.decimal("below", above), options.duration("hold", Duration.ZERO));
    return HubEndpoint.source(
        uri, this, (at, to) -> new ThresholdConsumer(at, to, hub, selection, limits));
  }

  private HubEndpoint silence(String uri, Hub hub, Options options) {
    Selection selection = selection(Selection.Kind.READING, options);
    Duration after = options.duration("after", Duration.ZERO);
    if (after.isZero()) {
      throw new IllegalArgumentException("needs after=10m");
    }
    return HubEndpoint.source(
        uri, this, (at, to) -> new SilenceConsumer(at, to, hub, selection, after));
  }

  private static Supply durable(Hub hub, String name, Selection selection, Options options) {
    if (!SUBSCRIPTION.matcher(name).matches()) {
      throw Options.wrong("subscription", name, SUBSCRIPTION.pattern(), null);
    }
    Start start = options.word("start", Start.NOW, Start.class);
    Backoff backoff =
        new Backoff(
            options.duration("redeliveryDelay", Duration.ofSeconds(1)),
            options.duration("maxRedeliveryDelay", Duration.ofSeconds(60)));
    return new DurableSupply(hub, name, selection, start, backoff);
  }
}
