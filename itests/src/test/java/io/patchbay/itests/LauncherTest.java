package io.patchbay.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code bin/patchbay} tells the virtual machine; here one that says what it was told. */
final class LauncherTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  private Path javaHome;

  private record Ended(int code, String said) {}

  private Ended launched(String heap) throws IOException, InterruptedException {
    Path java = Files.createDirectories(javaHome.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho \" $*\"\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    ProcessBuilder builder =
        new ProcessBuilder(List.of(RunningHub.dist().resolve("bin/patchbay").toString(), "run"))
            .redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", javaHome.toString());
    builder.environment().put("PATCHBAY_HEAP", heap);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), said);
  }

  @ParameterizedTest
  @CsvSource({
    "'', 512m, 32m, UseSerialGC",
    "256M, 256m, 32m, UseSerialGC",
    "1023m, 1023m, 32m, UseSerialGC",
    "1g, 1024m, 320m, UseParallelGC",
    "2048m, 2048m, 640m, UseParallelGC"
  })
  void oneSizeDecidesHowTheHeapIsKept(String heap, String most, String young, String collector)
      throws Exception {
    Ended ended = launched(heap);
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said()).contains(" -Xmx" + most + " ", " -Xmn" + young + " ", collector);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lots", "512", "64m", "-1g", "1.5g", "09m", "99999999g", "1g -version"})
  void aSizeThatIsNoneIsRefused(String heap) throws Exception {
    Ended ended = launched(heap);
    assertThat(ended.code()).as(ended.said()).isEqualTo(1);
    assertThat(ended.said()).contains("'" + heap + "'", "128m", "2g").doesNotContain("-Xmx");
  }

  /** The real one takes them. */
  @Test
  void startsWithTheHeapOfALargeFleet(@TempDir Path data) throws Exception {
    try (RunningHub hub =
        RunningHub.start(data, RunningHub.freeOffset(), Map.of("PATCHBAY_HEAP", "1g"))) {
      assertThat(hub.stop()).isZero();
    }
  }
}
