package io.patchbay.itests.prove;

import io.patchbay.itests.bench.Bench;
import io.patchbay.itests.bench.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code ./patchbay prove NAME [--short]}: breaks what can break and counts what was lost. */
public final class Prove {
  private static final List<String> ALL = List.of("kill", "hot-swap");
  private static final int ROUNDS = 5;
  private static final int SHORT_ROUNDS = 2;

  private Prove() {}

  /**
   * Results go to {@code target/prove} of the checkout; exit code 1 when something does not hold.
   */
  public static void main(String[] words) throws Exception {
    boolean brief = List.of(words).contains("--short");
    List<String> names = List.of(words).stream().filter(word -> !word.equals("--short")).toList();
    for (String name : names) {
      if (!ALL.contains(name)) {
        System.err.println(
            "there is no proof '"
                + name
                + "'; usage: prove ["
                + String.join("|", ALL)
                + "] [--short]");
        System.exit(2);
      }
    }
    int rounds = brief ? SHORT_ROUNDS : ROUNDS;
    boolean holds = true;
    for (String name : names.isEmpty() ? ALL : names) {
      Path data = Files.createTempDirectory("patchbay-prove");
      Proof proof =
          name.equals("kill")
              ? new KillProof(data, rounds).run()
              : new SwapProof(data, rounds).run();
      proof.write(Bench.root().resolve("target/prove/" + name + ".json"));
      if (proof.holds()) {
        Folders.delete(data);
      } else {
        System.err.println(name + " does not hold; what the hub left is in " + data);
        holds = false;
      }
    }
    System.exit(holds ? 0 : 1);
  }
}
