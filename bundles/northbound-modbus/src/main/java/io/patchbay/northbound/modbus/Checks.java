package io.patchbay.northbound.modbus;

import io.patchbay.operation.Errand;
import io.patchbay.operation.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code patchbay check} asks for: maps of the slave, and folders with them. */
public final class Checks implements Errand {
  private static final Set<String> OF_OTHERS =
      Set.of("device-profiles", "routes", "things", "target", "node_modules");

  private static final Pattern MAP = Pattern.compile("(?m)^points\\s*:");
  private static final Pattern OTHER =
      Pattern.compile("(?m)^(-|(properties|actions|events|match|examples)\\s*:)");

  @Override
  public String word() {
    return "check";
  }

  /** Prints every finding, all of which are errors. */
  @Override
  public boolean run(Path home, List<String> words, Consumer<String> print) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (String word : words) {
      findings.addAll(check(Path.of(word)));
    }
    findings.stream().map(Finding::toString).forEach(print);
    return findings.isEmpty();
  }

  /** What lies below one path is one slave's: no register is given twice. */
  private static List<Finding> check(Path path) throws IOException {
    List<Finding> findings = new ArrayList<>();
    Map<String, MapFile.Content> maps = new TreeMap<>();
    try (Stream<Path> below = Files.walk(path)) {
      for (Path file : below.filter(Files::isRegularFile).sorted().toList()) {
        if (MapFile.named(file) && map(file)) {
          MapFile.Content content = MapFile.read(file.toString(), file);
          findings.addAll(content.findings());
          maps.put(file.toString(), content);
        }
      }
    }
    RegisterMap unused = RegisterMap.of(maps, findings);
    return findings;
  }

  /** By what it says; in the maps' own folder also what says nothing that others would. */
  private static boolean map(Path file) throws IOException {
    Path whole = file.toAbsolutePath().normalize();
    for (Path part : whole) {
      if (OF_OTHERS.contains(part.toString())) {
        return false;
      }
    }
    Path folder = whole.getParent();
    boolean home = folder != null && folder.endsWith(SlaveMaps.FOLDER);
    try (InputStream in = Files.newInputStream(file)) {
      // whether it is text at all is told later
      String begin = new String(in.readNBytes(MapFile.LARGEST), StandardCharsets.ISO_8859_1);
      return MAP.matcher(begin).find() || (home && !OTHER.matcher(begin).find());
    }
  }
}
