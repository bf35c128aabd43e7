package io.patchbay.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.testkit.FuzzSeeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Files that are damaged are told so, and what is read from them is what was written. */
public final class SecurityFuzzTest {
  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    AuditLine.read(new String(input, StandardCharsets.UTF_8))
        .ifPresent(
            act -> {
              if (Stream.of(act.who(), act.act(), act.on(), act.result())
                  .allMatch(text -> text.length() <= 1_000)) {
                assertThat(AuditLine.read(AuditLine.write(act).stripTrailing())).contains(act);
              }
            });
    Contents read;
    try {
      read = Contents.decode(input);
    } catch (IOException e) {
      assertThat(e).isNotNull();
      return;
    }
    assertThat(Contents.decode(read.encode())).isEqualTo(read);
  }

  @TestFactory
  Stream<DynamicTest> readsOrRefuses() {
    return FuzzSeeds.tests(getClass(), SecurityFuzzTest::fuzzerTestOneInput);
  }
}
