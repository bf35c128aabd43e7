package io.patchbay.northbound.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profile.DataSchema;
import io.patchbay.testkit.FuzzSeeds;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whatever a client sends is understood or answered with a problem of its own making. */
public final class RequestFuzzTest {
  private static final List<String> KEYS =
      List.of("id", "value", "terms", "topics", "loopbackOnly");

  /** What a request handler does. */
  private interface Step {
    void run() throws IOException;
  }

  /** Jazzer's entry. */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    answered(() -> body(Json.parse(input)));
    answered(() -> assertThat(Words.segments("/" + text)).isNotEmpty());
    answered(() -> assertThat(Words.decode(text, true)).isNotNull());
    assertThat(Gate.bearer(text))
        .matches(token -> token.stream().allMatch(one -> one.equals(one.trim())));
    answered(() -> assertThat(Json.octets(Json.object().put("text", text))).isNotEmpty());
  }

  private static void answered(Step step) throws IOException {
    try {
      step.run();
    } catch (Problem problem) {
      assertThat(problem.status()).isBetween(400, 499);
    }
  }

  private static void body(JsonNode body) throws IOException {
    for (DataSchema.Type type : DataSchema.Type.values()) {
      answered(
          () -> {
            Value value = Json.value("value", body, Optional.of(DataSchema.of(type)));
            assertThat(Json.octets(Json.value(value))).isNotEmpty();
          });
    }
    answered(() -> assertThat(Json.value("value", body, Optional.empty())).isNotNull());
    Fields fields = Fields.of(body, "the body", KEYS);
    answered(() -> assertThat(fields.text("id")).isNotNull());
    answered(() -> assertThat(Long.toString(fields.integer("value"))).isNotEmpty());
    answered(() -> assertThat(fields.map("terms")).isNotNull());
    answered(() -> assertThat(fields.texts("topics")).isNotNull());
    answered(() -> assertThat(fields.flag("loopbackOnly", false)).isIn(true, false));
  }

  @TestFactory
  Stream<DynamicTest> understandsOrAnswersWithAProblem() {
    return FuzzSeeds.tests(getClass(), RequestFuzzTest::fuzzerTestOneInput);
  }
}
