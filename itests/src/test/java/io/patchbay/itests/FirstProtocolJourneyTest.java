package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** "Your first protocol in 15 minutes" of CONTRIBUTING.md, run word for word. */
final class FirstProtocolJourneyTest {
  private static final Path ROOT = Path.of(System.getProperty("patchbay.root", "."));
  private static final Pattern SECTION =
      Pattern.compile("(?ms)^## Your first protocol in 15 minutes$(.*?)^## ");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```sh$(.*?)^```$");
  private static final Pattern SAYS = Pattern.compile("(?m)# says: (.*)$");
  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
  private static final Duration ALL = Duration.ofMinutes(5);

  /** From {@code new binding} to the acknowledgement of the first reading. */
  private static final Duration FIRST_READING = Duration.ofSeconds(60);

  private record Said(String line, Duration after) {}

  @Test
  void runsAsItIsWritten(@TempDir Path folder) throws Exception {
    String section = first(SECTION, Files.readString(ROOT.resolve("CONTRIBUTING.md")));
    String commands = String.join("", all(FENCE, section));
    List<String> expected = all(SAYS, commands);
    assertThat(expected).contains("ok 1");

    List<Said> said = script(folder, commands);

    assertThat(text(said)).containsSubsequence(expected);
    Duration firstReading =
        said.stream().filter(one -> one.line().equals("ok 1")).findFirst().orElseThrow().after();
    assertThat(firstReading).isLessThan(FIRST_READING);
  }

  /** Maven's own way makes the same files. */
  @Test
  void isWhatTheArchetypeMakes(@TempDir Path folder) throws Exception {
    Path ours = Files.createDirectory(folder.resolve("ours"));
    Path theirs = Files.createDirectory(folder.resolve("theirs"));
    String patchbay = RunningHub.dist().toRealPath().resolve("bin/patchbay").toString();

    run(ours, List.of(patchbay, "new", "binding", "other7", "--package", "org.example.other"));
    run(
        theirs,
        List.of(
            "mvn",
            "-B",
            "-q",
            "org.apache.maven.plugins:maven-archetype-plugin:3.4.1:generate",
            "-DarchetypeCatalog=local",
            "-DarchetypeGroupId=io.patchbay",
            "-DarchetypeArtifactId=archetype-binding",
            "-DarchetypeVersion=0.1.0",
            "-Dname=other7",
            "-DgroupId=org.example.other",
            "-DartifactId=binding-other7",
            "-Dversion=1.0.0",
            "-Dpackage=org.example.other"));

    assertThat(files(ours)).isEqualTo(files(theirs)).hasSizeGreaterThan(10);
  }

  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(file).toString(), Files.readString(file));
      }
    }
    return files;
  }

  /** Any command that fails ends the script. */
  private static List<Said> script(Path folder, String commands) throws Exception {
    Files.createSymbolicLink(
        folder.resolve("patchbay"), RunningHub.dist().toRealPath().resolve("bin/patchbay"));
    Path script =
        Files.writeString(
            folder.resolve("commands.sh"),
            "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
                + commands
                + "trap - EXIT\n");
    return run(folder, List.of("bash", script.toString()));
  }

  private static List<Said> run(Path folder, List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("OFFSET", Integer.toString(RunningHub.freeOffset()));
    String repository = System.getProperty("maven.repo.local");
    if (repository != null) {
      builder.environment().put("MAVEN_OPTS", "-Dmaven.repo.local=" + repository);
    }
    Process process = builder.start();
    List<Said> said = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> read(process, said));
    try {
      assertThat(reading).as(() -> "no end; it said:\n" + text(said)).succeedsWithin(ALL);
      assertThat(process.waitFor()).as(() -> text(said)).isZero();
      return said;
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String text(List<Said> said) {
    return String.join("\n", said.stream().map(Said::line).toList());
  }

  /**
   * Time of this machine: without what the host gave to others meanwhile (the eighth figure of
   * /proc/stat, hundredths of a second, proc(5)).
   */
  private static Duration machineTime() throws IOException {
    String[] all = Files.readAllLines(Path.of("/proc/stat")).get(0).split("\\s+");
    long stolen = Long.parseLong(all[8]) * 10 / Runtime.getRuntime().availableProcessors();
    return Duration.ofNanos(System.nanoTime()).minusMillis(stolen);
  }

  private static void read(Process process, List<Said> said) {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      Duration from = machineTime();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(new Said(COLOUR.matcher(line).replaceAll(""), machineTime().minus(from)));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String first(Pattern pattern, String text) {
    List<String> found = all(pattern, text);
    assertThat(found).isNotEmpty();
    return found.get(0);
  }

  private static List<String> all(Pattern pattern, String text) {
    List<String> found = new ArrayList<>();
    for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
      found.add(matcher.group(1));
    }
    return found;
  }
}
