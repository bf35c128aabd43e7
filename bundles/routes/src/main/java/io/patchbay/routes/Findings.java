package io.patchbay.routes;

import io.patchbay.operation.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.language.simple.types.SimpleIllegalSyntaxException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;

/** Says in words, with a line, what Camel found wrong in a file. */
final class Findings {
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*");
  private static final Pattern NOISE =
      Pattern.compile("^(Failed to (create|start) route:? .*? because: )+", Pattern.DOTALL);

  private Findings() {}

  static Finding of(RouteSource source, Throwable failure) {
    List<Throwable> chain = chain(failure);
    for (Throwable each : chain) {
      if (each instanceof MarkedYamlEngineException marked) {
        Optional<Mark> mark = marked.getProblemMark().or(marked::getContextMark);
        String problem = marked.getProblem();
        return error(
            source,
            mark.map(Mark::getLine).map(line -> line + 1).orElse(0),
            problem == null ? String.valueOf(marked.getMessage()) : problem);
      } else if (each instanceof ReaderException reader) {
        int end = Math.min(reader.getPosition(), source.text().length());
        int line = 1 + (int) source.text().substring(0, end).chars().filter(c -> c == '\n').count();
        return error(source, line, "this character is not accepted: " + words(reader));
      }
    }
    for (Throwable each : chain) {
      if (each instanceof ResolveEndpointFailedException endpoint) {
        return error(source, line(source, endpoint.getUri()), words(endpoint));
      } else if (each instanceof NoSuchEndpointException endpoint) {
        return error(source, line(source, endpoint.getUri()), words(endpoint));
      } else if (each instanceof ClassNotFoundException) {
        String name = String.valueOf(each.getMessage());
        return error(
            source, lineOf(source, name), "no component that runs brings the class '" + name + "'");
      } else if (each instanceof SecretFunction.MissingSecretException secret) {
        return error(source, lineOf(source, "secret:" + secret.name()), words(secret));
      } else if (each instanceof SimpleIllegalSyntaxException simple) {
        String expression = String.valueOf(simple.getExpression());
        return error(source, lineOf(source, expression), words(simple));
      }
    }
    Throwable last = chain.get(chain.size() - 1);
    int line =
        chain.stream()
            .filter(FailedToCreateRouteException.class::isInstance)
            .map(
                each ->
                    lineOf(
                        source, String.valueOf(((FailedToCreateRouteException) each).getRouteId())))
            .findFirst()
            .orElse(0);
    return error(source, line > 0 ? line : firstLine(source), words(last));
  }

  /** Where a file begins to say something. */
  private static int firstLine(RouteSource source) {
    List<String> lines = source.text().lines().toList();
    int line = 0;
    while (line < lines.size() && lines.get(line).strip().matches("|#.*|---")) {
      line++;
    }
    return Math.min(line + 1, Math.max(1, lines.size()));
  }

  /** The component that a file needs and that was not found; empty when something else is wrong. */
  static Optional<String> missingComponent(Throwable failure) {
    return chain(failure).stream()
        .filter(NoSuchEndpointException.class::isInstance)
        .map(each -> scheme(((NoSuchEndpointException) each).getUri()))
        .findFirst();
  }

  static boolean missesSecret(Throwable failure) {
    return chain(failure).stream()
        .anyMatch(SecretFunction.MissingSecretException.class::isInstance);
  }

  static Finding error(RouteSource source, int line, String message) {
    return new Finding(Finding.Severity.ERROR, source.file(), line, message);
  }

  /** The line of the endpoint in the file, whose text may differ from Camel's normal form. */
  static int line(RouteSource source, String uri) {
    String scheme = scheme(uri);
    String path = uri.substring(Math.min(uri.length(), scheme.length())).replaceAll("^:/*", "");
    int end = path.indexOf('?');
    String where = end < 0 ? path : path.substring(0, end);
    int whole = lineOf(source, scheme + ":" + where);
    int slashes = whole > 0 ? whole : lineOf(source, scheme + "://" + where);
    return slashes > 0 ? slashes : lineOf(source, scheme);
  }

  private static String scheme(String uri) {
    Matcher scheme = SCHEME.matcher(uri);
    return scheme.lookingAt() ? scheme.group() : uri;
  }

  private static int lineOf(RouteSource source, String text) {
    if (!text.isEmpty()) {
      List<String> lines = source.text().lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).contains(text) && !lines.get(i).stripLeading().startsWith("#")) {
          return i + 1;
        }
      }
    }
    return 0;
  }

  /** The innermost message that says something. */
  private static String words(Throwable failure) {
    String words = "";
    for (Throwable each : chain(failure)) {
      String message = each.getMessage();
      if (message != null && !message.isBlank()) {
        words = message;
      }
    }
    return words.isEmpty() ? failure.toString() : NOISE.matcher(words).replaceFirst("");
  }

  private static List<Throwable> chain(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable each = failure; each != null && !chain.contains(each); each = each.getCause()) {
      chain.add(each);
    }
    return chain;
  }
}
