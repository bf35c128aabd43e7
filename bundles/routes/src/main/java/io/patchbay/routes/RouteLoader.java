package io.patchbay.routes;

import io.patchbay.operation.Finding;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.builder.RouteBuilderLifecycleStrategy;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Puts the routes of one file into a context. */
final class RouteLoader extends RouteBuilder {
  private static final int DEEPEST = 100;

  private final RouteSource source;
  private final RouteCounters counters;
  private final Map<String, String> places;

  /**
   * @param places what <code>{{name}}</code> stands for in the file
   */
  RouteLoader(RouteSource source, RouteCounters counters, Map<String, String> places) {
    this.source = source;
    this.counters = counters;
    this.places = places;
  }

  /** Whether the file says that there shall be nothing: empty, comments alone, or {@code []}. */
  static boolean disables(RouteSource source) {
    try {
      Optional<Node> root = compose(source);
      return root.isEmpty()
          || (root.get() instanceof SequenceNode sequence && sequence.getValue().isEmpty());
    } catch (YamlEngineException e) {
      return false; // says something, though not in YAML
    }
  }

  /** What Camel would pass over in silence. */
  static List<Finding> shape(RouteSource source) {
    Node root;
    try {
      root = compose(source).orElseThrow();
    } catch (YamlEngineException e) {
      return List.of(Findings.of(source, e));
    }
    if (!(root instanceof SequenceNode sequence)) {
      return List.of(wrong(source, root, "the file must be a list: '- route:' or '- from:'"));
    }
    return sequence.getValue().stream()
        .filter(node -> !(node instanceof MappingNode))
        .map(node -> wrong(source, node, "accepted here: 'route:', 'from:', 'beans:', 'rest:', …"))
        .toList();
  }

  private static Finding wrong(RouteSource source, Node node, String message) {
    int line = node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    return new Finding(Finding.Severity.ERROR, source.file(), line, message);
  }

  private static Optional<Node> compose(RouteSource source) {
    LoadSettings settings = LoadSettings.builder().setLabel(source.file()).build();
    bounded(new Parse(settings).parseString(source.text()));
    return new Compose(settings).composeString(source.text());
  }

  /** Whoever follows the nodes, here or in Camel, comes to an end. */
  private static void bounded(Iterable<Event> events) {
    Deque<String> open = new ArrayDeque<>();
    for (Event event : events) {
      if (event instanceof CollectionStartEvent begin) {
        if (open.size() == DEEPEST) {
          throw new ParserException(
              "nested deeper than " + DEEPEST + " levels", begin.getStartMark());
        }
        open.push(begin.getAnchor().map(Anchor::getValue).orElse(""));
      } else if (event instanceof CollectionEndEvent) {
        open.pop();
      } else if (event instanceof AliasEvent alias && open.contains(alias.getAlias().getValue())) {
        throw new ParserException(
            "'*" + alias.getAlias().getValue() + "' stands in what it is the name of",
            alias.getStartMark());
      }
    }
  }

  @Override
  public void configure() throws Exception {
    CamelContext context = getContext();
    context.addRoutePolicyFactory(counters);
    places.forEach(context.getPropertiesComponent()::addInitialProperty);
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
