package io.patchbay.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.operation.Metrics.Sample;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.RoutePolicy;
import org.junit.jupiter.api.Test;

class RouteCountersTest {
  @Test
  void goesOnInTheNextContextAndKeepsNothingOfTheOneBefore() throws Exception {
    RouteCounters counters = new RouteCounters("file");
    CamelContext one = running(counters);
    CamelContext other = running(counters);
    assertThat(policy(other)).isNotSameAs(policy(one));
    one.createProducerTemplate().sendBody("direct:in", "a");
    other.createProducerTemplate().sendBody("direct:in", "b");
    one.stop();
    other.stop();
    assertThat(counters.samples())
        .filteredOn(sample -> sample.name().equals("patchbay_route_done_total"))
        .extracting(Sample::value)
        .containsExactly(2.0);
  }

  private static RoutePolicy policy(CamelContext context) {
    Route route = context.getRoute("one");
    return route.getRoutePolicyList().get(0);
  }

  private static CamelContext running(RouteCounters counters) throws Exception {
    DefaultCamelContext context = new DefaultCamelContext();
    context.disableJMX();
    context.addRoutePolicyFactory(counters);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:in").routeId("one").process((Exchange exchange) -> {});
          }
        });
    context.start();
    return context;
  }
}
