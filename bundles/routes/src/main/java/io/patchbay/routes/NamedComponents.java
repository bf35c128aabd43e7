package io.patchbay.routes;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The components that a file names: what stands before the colon of any text in it, and all of a
 * {@code uri} without colon. A name too many does no harm, it is one that nobody brings.
 */
final class NamedComponents {
  private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+.-]{0,63})(?=:|$)");

  private final Set<String> found = new TreeSet<>();

  private NamedComponents() {}

  static Set<String> of(Node root) {
    NamedComponents names = new NamedComponents();
    names.walk(root, false);
    return names.found;
  }

  private void walk(Node node, boolean uri) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple each : mapping.getValue()) {
        walk(
            each.getValueNode(),
            each.getKeyNode() instanceof ScalarNode key && isUri(key.getValue()));
      }
    } else if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(each -> walk(each, false));
    } else if (node instanceof ScalarNode scalar) {
      Matcher scheme = SCHEME.matcher(scalar.getValue());
      if (scheme.lookingAt() && (uri || scheme.end() < scalar.getValue().length())) {
        found.add(scheme.group(1));
      }
    }
  }

  private static boolean isUri(String key) {
    return key.equals("uri") || key.equals("to") || key.equals("from");
  }
}
