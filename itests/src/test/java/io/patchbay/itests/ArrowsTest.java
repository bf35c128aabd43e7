package io.patchbay.itests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows of ARCHITECTURE.md and the habits of CONTRIBUTING.md that no compiler holds. */
final class ArrowsTest {
  private static final Path ROOT = Path.of("..");
  private static final JavaClasses PRODUCT = importProduct();

  /** Packages of the api in their order: each may use those before it. */
  private static final List<String> API =
      List.of(
          "thing",
          "profile",
          "southbound",
          "store",
          "northbound",
          "access",
          "operation",
          "deployment");

  /** Rooms, and which other rooms, besides the api, each may use. */
  private static final List<String> CLOSED =
      List.of(
          "core",
          "profiles",
          "routes",
          "deployer",
          "firmware",
          "journal.sqlite",
          "broker",
          "security",
          "northbound.rest",
          "binding.mqtt",
          "binding.coap",
          "binding.lwm2m",
          "binding.modbus",
          "binding.sim");

  @Test
  void apiKnowsNothingButJava() {
    classes()
        .that()
        .resideInAnyPackage(API.stream().map(name -> "io.patchbay." + name).toArray(String[]::new))
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            Stream.concat(
                    API.stream().map(name -> "io.patchbay." + name),
                    Stream.of("java..", "org.jspecify..", "org.osgi.annotation.."))
                .toArray(String[]::new))
        .check(PRODUCT);
  }

  @Test
  void apiPackagesUseOnlyThoseBeforeThem() {
    for (int i = 0; i < API.size(); i++) {
      String[] later =
          API.subList(i + 1, API.size()).stream()
              .map(name -> "io.patchbay." + name)
              .toArray(String[]::new);
      if (later.length > 0) {
        noClasses()
            .that()
            .resideInAPackage("io.patchbay." + API.get(i))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(later)
            .check(PRODUCT);
      }
    }
  }

  @Test
  void nobodyImportsARoomThatIsClosed() {
    for (String room : CLOSED) {
      noClasses()
          .that()
          .resideOutsideOfPackage("io.patchbay." + room + "..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.patchbay." + room + "..")
          .because("bundles meet as services, not as classes")
          .check(PRODUCT);
    }
  }

  @Test
  void coreKnowsNoCamelAndNoLibrary() {
    classes()
        .that()
        .resideInAPackage("io.patchbay.core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.patchbay..", "java..", "org.osgi..", "org.slf4j..", "org.jspecify..")
        .check(PRODUCT);
  }

  @Test
  void noTestSleepsOrIsSkipped() throws IOException {
    Pattern forbidden =
        Pattern.compile(
            "@" + "Disabled|@" + "Ignore\\b|Thread\\." + "sleep|assume" + "True|assume" + "That");
    assertThat(
            sources("src/test/java").stream()
                .filter(file -> forbidden.matcher(read(file)).find())
                .toList())
        .isEmpty();
  }

  @Test
  void everyRoomHasASignOfAtMost25Lines() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path room : rooms()) {
      if (!room.getFileName().toString().startsWith("wrap-")) {
        Path sign = room.resolve("README.md");
        if (!Files.exists(sign) || read(sign).lines().count() > 25) {
          wrong.add(room.getFileName().toString());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static JavaClasses importProduct() {
    try {
      return new ClassFileImporter()
          .importPaths(
              rooms().stream()
                  .filter(room -> !room.getFileName().toString().startsWith("testkit"))
                  .map(room -> room.resolve("target/classes"))
                  .filter(Files::isDirectory)
                  .toList());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<Path> rooms() throws IOException {
    try (Stream<Path> folders = Files.list(ROOT.resolve("bundles"))) {
      return folders.filter(folder -> Files.exists(folder.resolve("pom.xml"))).sorted().toList();
    }
  }

  private static List<Path> sources(String part) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().contains(part) && file.toString().endsWith(".java"))
          .toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
