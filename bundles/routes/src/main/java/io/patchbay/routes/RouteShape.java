package io.patchbay.routes;

import io.patchbay.operation.Finding;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * What can be said of a file before Camel reads it.
 *
 * @param disables whether it says that there shall be nothing: empty, comments alone, or {@code []}
 * @param findings what Camel would pass over in silence, or not survive
 * @param components that it names; none when there are findings
 */
record RouteShape(boolean disables, List<Finding> findings, Set<String> components) {
  /** Characters. */
  private static final int MAX_LENGTH = 1 << 20;

  /** What a file may say with its aliases written out: Camel reads an alias each time it comes. */
  private static final int MAX_NODES = 100_000;

  private static final int MAX_DEPTH = 100;

  static RouteShape of(RouteSource source) {
    if (source.text().length() > MAX_LENGTH) {
      return refused(
          Findings.error(
              source, 1, "the file is too large; accepted: " + MAX_LENGTH + " characters"));
    }
    Optional<Node> root;
    try {
      root = compose(source);
    } catch (YamlEngineException e) {
      return refused(Findings.of(source, e));
    } catch (StackOverflowError e) {
      return refused(Findings.error(source, 1, nestedTooDeep()));
    }
    if (root.isEmpty()) {
      return new RouteShape(true, List.of(), Set.of());
    }
    return of(source, root.get());
  }

  private static RouteShape of(RouteSource source, Node root) {
    Optional<Finding> excess = new Budget(source).spend(root, 0);
    if (excess.isPresent()) {
      return refused(excess.get());
    }
    if (!(root instanceof SequenceNode sequence)) {
      return refused(wrong(source, root, "the file must be a list: '- route:' or '- from:'"));
    }
    List<Finding> findings =
        sequence.getValue().stream()
            .filter(node -> !(node instanceof MappingNode))
            .map(
                node ->
                    wrong(source, node, "accepted here: 'route:', 'from:', 'beans:', 'rest:', …"))
            .toList();
    return new RouteShape(
        sequence.getValue().isEmpty(),
        findings,
        findings.isEmpty() ? NamedComponents.of(root) : Set.of());
  }

  private static RouteShape refused(Finding finding) {
    return new RouteShape(false, List.of(finding), Set.of());
  }

  private static String nestedTooDeep() {
    return "lists and maps are nested too deep; accepted: " + MAX_DEPTH + " levels";
  }

  private static Finding wrong(RouteSource source, Node node, String message) {
    int line = node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    return Findings.error(source, line, message);
  }

  private static Optional<Node> compose(RouteSource source) {
    // both are judged afterwards, with their line
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(source.file())
            .setAllowNonScalarKeys(true)
            .setMaxAliasesForCollections(Integer.MAX_VALUE)
            .build();
    return new Compose(settings).composeString(source.text());
  }

  /** Counts what a file says, aliases as often as they come; one that names itself has no end. */
  private static final class Budget {
    private final RouteSource source;
    private int left = MAX_NODES;

    private Budget(RouteSource source) {
      this.source = source;
    }

    Optional<Finding> spend(Node node, int depth) {
      left--;
      if (left < 0) {
        return Optional.of(
            wrong(
                source,
                node,
                "with its aliases (*) written out the file is too long; accepted: "
                    + MAX_NODES
                    + " values"));
      } else if (depth > MAX_DEPTH) {
        return Optional.of(wrong(source, node, nestedTooDeep()));
      }
      if (node instanceof SequenceNode sequence) {
        return sequence.getValue().stream()
            .flatMap(each -> spend(each, depth + 1).stream())
            .findFirst();
      } else if (node instanceof MappingNode mapping) {
        return mapping.getValue().stream()
            .flatMap(each -> spend(each, depth + 1).stream())
            .findFirst();
      }
      return Optional.empty();
    }

    private Optional<Finding> spend(NodeTuple pair, int depth) {
      if (!(pair.getKeyNode() instanceof ScalarNode)) {
        return Optional.of(wrong(source, pair.getKeyNode(), "a key must be a word"));
      }
      return spend(pair.getKeyNode(), depth).or(() -> spend(pair.getValueNode(), depth));
    }
  }
}
