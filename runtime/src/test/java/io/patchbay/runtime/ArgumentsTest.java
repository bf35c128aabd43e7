package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ArgumentsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "none | Nothing to do",
        "start | Unknown word 'start'",
        "--data x | Unknown word '--data'",
        "run --dta x | Unknown option '--dta' of run",
        "run here | Unknown option 'here' of run",
        "run --data | Option --data lacks its value",
        "run --data= | An empty path names no file or directory",
        "run --offset many | --offset must be a whole number from 0 to 50000, not 'many'",
        "run --offset -100 | --offset must be a whole number from 0 to 50000, not '-100'",
        "run --offset 50001 | --offset must be a whole number from 0 to 50000, not '50001'",
        "check --all | Unknown option '--all' of check",
        "try plug | A profile and at least one frame are needed",
        "try --port | Option --port lacks its value",
        "try --port 256 plug a=b | --port must be a whole number from 0 to 255, not '256'",
        "try --hex plug a=b | Unknown option '--hex' of try",
        "replay | One recording and at most one profile are needed",
        "replay --data d b.jar | One recording and at most one profile are needed",
        "replay a plug b | One recording and at most one profile are needed",
        "replay --data | Option --data lacks its value",
        "replay --port 1 a | Unknown option '--port' of replay",
        "prepare lib | prepare takes no options, not 'lib'",
      })
  void refusesWhatItDoesNotKnow(String line, String message) {
    List<String> words = line == null ? List.of() : List.of(line.split(" "));

    Refusal refusal = catchThrowableOfType(Refusal.class, () -> Arguments.parse(words));

    assertThat(refusal).hasMessageStartingWith(message);
    assertThat(refusal.exitCode()).isEqualTo(2);
    assertThat(refusal.getMessage()).endsWith(".").doesNotContain("\n");
  }

  @Test
  void handsTheWordsOfAnImportOn() throws Refusal {
    assertThat(Arguments.parse(List.of("import", "--id", "x", "csv", "map.csv")))
        .isEqualTo(new Arguments.Import(List.of("--id", "x", "csv", "map.csv")));
  }

  @Test
  void runsInDataOfTheWorkingDirectoryUnlessTold() throws Refusal {
    assertThat(Arguments.parse(List.of("run")))
        .isEqualTo(new Arguments.Run(Path.of("data"), 0, List.of()));
  }

  @Test
  void takesOptionsInEitherForm() throws Refusal {
    assertThat(
            Arguments.parse(
                List.of("run", "--data=a", "--offset", "100", "--set", "p:k=v", "--set=q:k=w=x")))
        .isEqualTo(new Arguments.Run(Path.of("a"), 100, List.of("p:k=v", "q:k=w=x")));
  }

  @Test
  void prepares() throws Refusal {
    assertThat(Arguments.parse(List.of("prepare"))).isEqualTo(new Arguments.Prepare());
  }

  @Test
  void triesFramesOfAProfile() throws Refusal {
    assertThat(Arguments.parse(List.of("try", "--port", "85", "plug", "a=b", "c", "@d")))
        .isEqualTo(
            new Arguments.Try(Path.of("data"), 85, List.of(), "plug", List.of("a=b", "c", "@d")));
  }

  @Test
  void replaysARecording() throws Refusal {
    assertThat(Arguments.parse(List.of("replay", "a.ndjson")))
        .isEqualTo(new Arguments.Replay(Path.of("data"), List.of(), Path.of("a.ndjson"), ""));
    assertThat(Arguments.parse(List.of("replay", "--data", "d", "/b.jar", "a.ndjson", "plug.yaml")))
        .isEqualTo(
            new Arguments.Replay(
                Path.of("d"), List.of(Path.of("/b.jar")), Path.of("a.ndjson"), "plug.yaml"));
  }

  @Test
  void checksThePathsGiven() throws Refusal {
    assertThat(Arguments.parse(List.of("check", "a.yaml", "b")))
        .isEqualTo(new Arguments.Check(List.of(Path.of("a.yaml"), Path.of("b"))));
  }
}
