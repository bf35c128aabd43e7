package io.patchbay.routes;

import io.patchbay.camel.LooseContexts;
import io.patchbay.operation.Errand;
import io.patchbay.operation.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What {@code patchbay check} asks for: route files, and folders with route files. */
public final class Checks implements Errand {
  @Override
  public String word() {
    return "check";
  }

  /** Prints every finding, all of which are errors. */
  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) throws IOException {
    List<Finding> findings = check(home, words.stream().map(Path::of).toList());
    findings.stream().map(Finding::toString).forEach(print);
    return findings.isEmpty();
  }

  static List<Finding> check(Path home, List<Path> paths) throws IOException {
    Map<String, String> values =
        Map.of(
            RouteFiles.HOME,
            home.toString(),
            RouteFiles.DATA,
            System.getProperty(RouteFiles.DATA, "data"));
    List<Finding> findings = new ArrayList<>();
    for (Path path : paths) {
      try (Stream<Path> below = Files.walk(path)) {
        for (Path file : below.filter(Files::isRegularFile).sorted().toList()) {
          Optional<String> id = RouteSource.id(String.valueOf(file.getFileName()));
          if (id.isPresent()) {
            findings.addAll(check(RouteSource.of(id.get(), file, false), values));
          }
        }
      }
    }
    return findings;
  }

  /** Builds the routes, with their endpoints and expressions, and starts nothing. */
  private static List<Finding> check(RouteSource source, Map<String, String> values) {
    RouteShape shape = RouteShape.of(source);
    if (shape.disables() || !shape.findings().isEmpty()) {
      return shape.findings();
    }
    try {
      LooseContexts.build(
          "check-" + source.id(),
          new RouteLoader(
              source, new RouteCounters(source.id()), new SecretFunction(Optional::empty), values));
      return List.of();
    } catch (Exception e) {
      Finding finding = Findings.of(source, e);
      return List.of(
          Findings.missingComponent(e)
              .map(name -> Findings.error(source, finding.line(), MissingComponent.absent(name)))
              .orElse(finding));
    }
  }
}
