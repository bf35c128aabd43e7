package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page and its scripts fit together, and do what the page's own policy allows. */
final class ConsoleTest {
  private static final Path FOLDER = Path.of("../console");
  private static final Path ROUTES = Path.of("../bundles/northbound-rest/src/main/java");

  private static List<String> found(String pattern, String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  private static String page() throws IOException {
    return Files.readString(FOLDER.resolve("index.html"));
  }

  private static String scripts() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String script : found("<script src=\"([^\"]+)\">", page())) {
      all.append(Files.readString(FOLDER.resolve(script)));
    }
    return all.toString();
  }

  @Test
  void everyScriptOfTheFolderIsOnThePage() throws Exception {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(found("<script src=\"([^\"]+)\">", page()))
          .containsExactlyInAnyOrderElementsOf(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".js"))
                  .collect(Collectors.toSet()));
    }
  }

  @Test
  void whatAScriptLooksForIsOnThePage() throws Exception {
    Set<String> wanted = new TreeSet<>(found("\\$\\('#([a-z-]+)", scripts()));
    assertThat(wanted).hasSizeGreaterThan(30);
    assertThat(found(" id=\"([^\"]+)\"", page())).doesNotHaveDuplicates().containsAll(wanted);
  }

  @Test
  void whatAScriptAsksForIsARouteOfTheApi() throws Exception {
    StringBuilder routes = new StringBuilder();
    try (Stream<Path> files = Files.walk(ROUTES)) {
      for (Path file : files.filter(path -> path.toString().endsWith("Routes.java")).toList()) {
        routes.append(Files.readString(file));
      }
    }
    List<String> first = found("ask\\([`']([a-z]+)", scripts());
    assertThat(first).hasSizeGreaterThan(8);
    assertThat(first)
        .allSatisfy(room -> assertThat(routes.toString()).contains("\"/api/v1/" + room + "\""));
    List<String> last = found("(?:get\\('|post\\('|\\)\\}/)/?([a-z]+)[`'?]", scripts());
    assertThat(last).contains("lifecycle", "desired", "pause", "abort", "rollback", "devices");
    assertThat(last).allSatisfy(part -> assertThat(routes.toString()).contains("/" + part + "\""));
  }

  /** Content-Security-Policy: default-src 'self'. */
  @Test
  void nothingOfThePageIsInlineOrFromElsewhere() throws Exception {
    assertThat(found("(<script(?! src=\"[a-z]+\\.js\"></script>)[^>]*>)", page())).isEmpty();
    assertThat(found("( (?:style|on[a-z]+)=)", page())).isEmpty();
    assertThat(found("((?:src|href)=\"https?:[^\"]*)", page())).isEmpty();
    assertThat(found("(innerHTML|insertAdjacentHTML|document\\.write|eval\\()", scripts()))
        .as("what devices say is text")
        .isEmpty();
  }

  @Test
  void theTokenIsNowhereButInTheTabAndTheHeader() throws Exception {
    assertThat(found("(localStorage|document\\.cookie)", scripts())).isEmpty();
    assertThat(found("getItem\\('token'\\)\\}`(, \\.\\.\\.headers)", scripts())).hasSize(1);
  }
}
