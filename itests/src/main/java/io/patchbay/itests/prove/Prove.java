package io.patchbay.itests.prove;

import io.patchbay.itests.bench.Bench;
import io.patchbay.itests.bench.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** {@code ./patchbay prove [NAME] [--short]}: breaks what can break and counts what was lost. */
public enum Prove {
  KILL(KillProof::run),
  HOT_SWAP(SwapProof::run),
  COMPONENT(ComponentProof::run),
  NORTH_AWAY(NorthAwayProof::run),
  BROKER_AWAY(BrokerAwayProof::run),
  GARBAGE(GarbageProof::run),
  BACK_PRESSURE(BackPressureProof::run),
  DISK_FULL(DiskFullProof::run),
  CLOCK(ClockProof::run),
  MODBUS(ModbusProof::run),
  COAP(CoapProof::run),
  LWM2M(Lwm2mProof::run),
  LWM2M_GARBAGE(Lwm2mGarbageProof::run),
  FIRMWARE(FirmwareProof::run);

  @FunctionalInterface
  private interface Play {
    Proof run(Path data, Terms terms) throws IOException, InterruptedException, TimeoutException;
  }

  @SuppressWarnings("ImmutableEnumChecker") // a reference to a static method
  private final Play play;

  Prove(Play play) {
    this.play = play;
  }

  /** As on the command line. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /**
   * Whether this machine lets it be played: to fill a disk one must be permitted to mount one, and
   * to move a process's clock libfaketime must be there.
   */
  public boolean possible() {
    return switch (this) {
      case DISK_FULL -> DiskFullProof.possible();
      case CLOCK -> ClockProof.possible();
      default -> true;
    };
  }

  private static Optional<Prove> of(String word) {
    return Arrays.stream(values()).filter(one -> one.word().equals(word)).findFirst();
  }

  /**
   * Plays it, and writes {@code target/prove/NAME.json} of the checkout. What the hub left stays
   * when it does not hold.
   */
  Proof prove(Terms terms) throws IOException, InterruptedException, TimeoutException {
    System.err.println("proof " + word());
    Path data = Files.createTempDirectory("patchbay-prove");
    Proof proof = play.run(data, terms);
    proof.write(Bench.root().resolve("target/prove/" + word() + ".json"));
    if (proof.holds()) {
      Folders.delete(data);
    } else {
      System.err.println(word() + " does not hold; what the hub left is in " + data);
    }
    return proof;
  }

  /** Exit code 1 when something does not hold, 2 when the words are not understood. */
  public static void main(String[] words) throws Exception {
    List<String> names = new ArrayList<>();
    List<Prove> wanted = new ArrayList<>();
    Terms terms;
    try {
      terms = Terms.parse(words, names);
      for (String name : names) {
        wanted.add(
            of(name)
                .orElseThrow(
                    () ->
                        new IllegalArgumentException(
                            "there is no proof '"
                                + name
                                + "'; there are "
                                + Arrays.stream(values()).map(Prove::word).toList())));
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    boolean holds = true;
    for (Prove one : wanted.isEmpty() ? List.of(values()) : wanted) {
      holds &= one.prove(terms).holds();
    }
    System.exit(holds ? 0 : 1);
  }
}
