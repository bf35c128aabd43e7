package io.patchbay.camel.hub;

import java.util.Optional;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/** One end of the hub, either for {@code from} or for {@code to}. */
final class HubEndpoint extends DefaultEndpoint {
  /** Makes what {@code to} sends to. */
  @FunctionalInterface
  interface Sink {
    Producer producer(HubEndpoint endpoint);
  }

  /** Makes what {@code from} takes from. */
  @FunctionalInterface
  interface Source {
    Consumer consumer(HubEndpoint endpoint, Processor processor);
  }

  private final Optional<Sink> sink;
  private final Optional<Source> source;

  private HubEndpoint(
      String uri, HubComponent component, Optional<Sink> sink, Optional<Source> source) {
    super(uri, component);
    this.sink = sink;
    this.source = source;
  }

  static HubEndpoint sink(String uri, HubComponent component, Sink sink) {
    return new HubEndpoint(uri, component, Optional.of(sink), Optional.empty());
  }

  static HubEndpoint source(String uri, HubComponent component, Source source) {
    return new HubEndpoint(uri, component, Optional.empty(), Optional.of(source));
  }

  @Override
  public Producer createProducer() {
    return sink.orElseThrow(
            () ->
                new UnsupportedOperationException(
                    getEndpointUri() + " can stand in 'from' alone, not in 'to'"))
        .producer(this);
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    Consumer consumer =
        source
            .orElseThrow(
                () ->
                    new UnsupportedOperationException(
                        getEndpointUri() + " can stand in 'to' alone, not in 'from'"))
            .consumer(this, processor);
    configureConsumer(consumer);
    return consumer;
  }
}
