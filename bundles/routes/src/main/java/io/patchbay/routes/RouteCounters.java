package io.patchbay.routes;

import io.patchbay.operation.Metrics.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/** Counts what the routes of one file have done; goes on over replacements of the file. */
final class RouteCounters implements RoutePolicyFactory {
  private final String file;
  private final Map<String, Counter> routes = new ConcurrentHashMap<>();

  RouteCounters(String file) {
    this.file = file;
  }

  @Override
  public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode route) {
    return new Counting(routes.computeIfAbsent(routeId, id -> new Counter()));
  }

  List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    routes.forEach(
        (route, counter) -> {
          Map<String, String> labels = Map.of("file", file, "route", route);
          samples.add(
              Sample.counter(
                  "patchbay_route_done_total",
                  "Messages that a route of a file finished.",
                  labels,
                  counter.done.doubleValue()));
          samples.add(
              Sample.counter(
                  "patchbay_route_failed_total",
                  "Messages that ended in an exception.",
                  labels,
                  counter.failed.doubleValue()));
        });
    return samples;
  }

  private static final class Counter {
    private final LongAdder done = new LongAdder();
    private final LongAdder failed = new LongAdder();
  }

  /** One per context: a policy keeps the context that it was first used in. */
  private static final class Counting extends RoutePolicySupport {
    private final Counter counter;

    private Counting(Counter counter) {
      this.counter = counter;
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
      (exchange.isFailed() ? counter.failed : counter.done).increment();
    }
  }
}
