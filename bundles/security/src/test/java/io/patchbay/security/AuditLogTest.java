package io.patchbay.security;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.access.Audit.Act;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditLogTest {
  private Path data = Path.of("unset");

  @BeforeEach
  void in(@TempDir Path directory) {
    data = directory;
  }

  @Test
  void writesOnAfterALineThatWasCutByACrash() throws IOException {
    open().record("admin", "thing.remove", "plug-1", "done");
    Files.writeString(data.resolve("security/audit.log"), "{\"at\":\"2026-0", APPEND);
    AuditLog log = open();
    log.record("admin", "thing.remove", "plug-2", "done");
    assertThat(log.recent(10)).extracting(Act::on).containsExactly("plug-2", "plug-1");
  }

  @Test
  void skipsGarbage() throws IOException {
    AuditLog log = open();
    log.record("a", "b", "1", "done");
    Files.write(data.resolve("security/audit.log"), new byte[] {0, -1, '\n', '{', '\n'}, APPEND);
    Files.writeString(
        data.resolve("security/audit.log"),
        "{\"at\":\"yesterday\",\"who\":\"\",\"act\":\"\",\"on\":\"\",\"result\":\"\"}\n"
            + "{\"at\":\"\\u12\",\"who\"\n{\"at\":\"\\",
        APPEND);
    log.record("a", "b", "2", "done");
    assertThat(log.recent(10)).extracting(Act::on).containsExactly("2", "1");
  }

  @Test
  void keepsEveryCharacterOnOneLine() throws IOException {
    AuditLog log = open();
    String odd = "a\"b\\c\nd\te\u0000f\u2028ü\ud83d\ude00\u007f";
    log.record(odd, odd, odd, odd);
    Act read = log.recent(1).get(0);
    assertThat(List.of(read.who(), read.act(), read.on(), read.result())).containsOnly(odd);
    assertThat(Files.readAllLines(data.resolve("security/audit.log"))).hasSize(1);
  }

  @Test
  void staysWithinItsFilesAndShowsTheNewestFirst() throws IOException {
    AuditLog log = open();
    for (int i = 0; i < 500; i++) {
      log.record("admin", "act", "thing-" + i, "x".repeat(i % 7 == 0 ? 5000 : 10));
    }
    try (Stream<Path> files = Files.list(data.resolve("security"))) {
      assertThat(files.filter(f -> f.getFileName().toString().startsWith("audit")).toList())
          .hasSize(3)
          .allSatisfy(file -> assertThat(Files.size(file)).isLessThanOrEqualTo(4096));
    }
    List<Act> recent = log.recent(20);
    assertThat(recent).hasSize(20);
    assertThat(recent.get(0).on()).isEqualTo("thing-499");
    assertThat(recent.get(19).on()).isEqualTo("thing-480");
    assertThat(log.recent(0)).isEmpty();
    assertThat(log.recent(Integer.MAX_VALUE)).hasSizeGreaterThan(20);
  }

  private AuditLog open() throws IOException {
    return new AuditLog(Settings.in(data));
  }
}
