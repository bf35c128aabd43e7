package io.patchbay.routes;

import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteBuilderLifecycleStrategy;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.PropertiesFunction;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** Puts the routes of one file into a context. */
final class RouteLoader extends RouteBuilder {
  private final RouteSource source;
  private final RouteCounters counters;
  private final PropertiesFunction secrets;
  private final Map<String, String> values;

  /**
   * @param values what <code>{{name}}</code> stands for in the file
   */
  RouteLoader(
      RouteSource source,
      RouteCounters counters,
      PropertiesFunction secrets,
      Map<String, String> values) {
    this.source = source;
    this.counters = counters;
    this.secrets = secrets;
    this.values = values;
  }

  @Override
  public void configure() throws Exception {
    CamelContext context = getContext();
    context.addRoutePolicyFactory(counters);
    values.forEach(context.getPropertiesComponent()::addInitialProperty);
    context.getPropertiesComponent().addPropertiesFunction(secrets);
    Resource resource = ResourceHelper.fromString(source.id() + RouteSource.SUFFIX, source.text());
    for (RoutesBuilder each : PluginHelper.getRoutesLoader(context).findRoutesBuilders(resource)) {
      if (each instanceof RouteBuilder builder) {
        builder.addLifecycleInterceptor(new Names());
      }
      context.addRoutes(each);
    }
  }

  /** A route without an id is called like its file. */
  private final class Names implements RouteBuilderLifecycleStrategy {
    private int unnamed;

    @Override
    public void afterConfigure(RouteBuilder builder) {
      for (RouteDefinition route : builder.getRouteCollection().getRoutes()) {
        if (route.getId() == null) {
          unnamed++;
          route.routeId(unnamed == 1 ? source.id() : source.id() + "-" + unnamed);
        }
      }
    }
  }
}
