package io.patchbay.camel.probe;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.camel.StagedContexts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** Does what the test asks for in words, because the test lives outside the framework. */
public final class Probe implements BiFunction<String, String, Object> {
  private final Map<String, RunningRoutes> running = new ConcurrentHashMap<>();
  private final BundleContext bundle;

  Probe(BundleContext bundle) {
    this.bundle = bundle;
  }

  void close() {
    running.values().forEach(RunningRoutes::close);
  }

  @Override
  public Object apply(String what, String argument) {
    try {
      return switch (what) {
        case "start" -> start("probe", argument);
        case "close" -> close("probe");
        case "provides" -> service(StagedContexts.class).provides(argument);
        case "send" -> send(argument);
        case "class" -> component(argument);
        case "milliseconds" -> milliseconds(argument);
        default -> throw new IllegalArgumentException(what);
      };
    } catch (Exception e) {
      return e;
    }
  }

  private <S> S service(Class<S> type) {
    ServiceReference<S> reference = bundle.getServiceReference(type);
    if (reference == null) {
      throw new IllegalStateException("no " + type);
    }
    return bundle.getService(reference);
  }

  private RunningRoutes start(String name, String yaml) throws Exception {
    RunningRoutes routes =
        service(Contexts.class)
            .start(
                bundle,
                name,
                new RouteBuilder() {
                  @Override
                  public void configure() throws Exception {
                    PluginHelper.getRoutesLoader(getContext())
                        .loadRoutes(ResourceHelper.fromString("probe.camel.yaml", yaml));
                  }
                });
    running.put(name, routes);
    return routes;
  }

  private String close(String name) {
    RunningRoutes routes = running.remove(name);
    if (routes != null) {
      routes.close();
    }
    return "closed";
  }

  private CamelContext context() {
    RunningRoutes routes = running.get("probe");
    if (routes == null) {
      throw new IllegalStateException("not started");
    }
    return routes.context();
  }

  private Object send(String uriAndBody) {
    String[] parts = uriAndBody.split(" ", 2);
    return context().createProducerTemplate().requestBody(parts[0], (Object) parts[1]);
  }

  private Class<?> component(String name) {
    return context().getComponent(name).getClass();
  }

  private long milliseconds(String yaml) throws Exception {
    long before = System.nanoTime();
    start("timed", yaml);
    long after = System.nanoTime();
    close("timed");
    return (after - before) / 1_000_000;
  }
}
