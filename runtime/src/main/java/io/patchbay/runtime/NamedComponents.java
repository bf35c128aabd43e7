package io.patchbay.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which jars of {@code components/} route files need. A name is looked for in the text as a word,
 * wherever it stands: a jar too many does no harm.
 */
final class NamedComponents {
  private static final Pattern COMPONENT =
      Pattern.compile("camel\\.component=\"?([A-Za-z0-9.+-]+)");

  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9.+-]+");

  private NamedComponents() {}

  /**
   * @param folder of jars
   * @param paths files, and folders with files, that are to be checked
   */
  static List<Path> of(Path folder, List<Path> paths) throws Refusal {
    Set<String> words = new TreeSet<>();
    List<Path> needed = new ArrayList<>();
    try {
      for (Path path : paths) {
        try (Stream<Path> files = Files.walk(path)) {
          for (Path file : files.filter(NamedComponents::isRoute).toList()) {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            WORD.matcher(text).results().forEach(word -> words.add(word.group()));
          }
        }
      }
      for (Path jar : Hub.jars(folder)) {
        if (brings(jar).anyMatch(words::contains)) {
          needed.add(jar);
        }
      }
    } catch (IOException unreadable) {
      throw Refusal.because(unreadable.getMessage() + " cannot be read.");
    }
    return needed;
  }

  /** Any YAML: whether it is a route, the room that checks routes knows. */
  private static boolean isRoute(Path file) {
    String name = String.valueOf(file.getFileName());
    return (name.endsWith(".yaml") || name.endsWith(".yml")) && Files.isRegularFile(file);
  }

  private static Stream<String> brings(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String offers =
          manifest == null ? null : manifest.getMainAttributes().getValue("Provide-Capability");
      return COMPONENT.matcher(offers == null ? "" : offers).results().map(one -> one.group(1));
    }
  }
}
