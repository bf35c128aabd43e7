package io.patchbay.itests.prove;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The short form of every fault proof that this machine permits. That of Modbus is left to its
 * command: it judges moments, which the tests beside it would take.
 */
final class ProofsTest {
  @TestFactory
  Stream<DynamicTest> holds() {
    return Arrays.stream(Prove.values())
        .filter(one -> one.possible() && one != Prove.MODBUS)
        .map(one -> DynamicTest.dynamicTest(one.word(), () -> holds(one)));
  }

  private static void holds(Prove one) throws Exception {
    Proof proof = one.prove(Terms.SHORT);
    assertThat(proof.problems()).isEmpty();
    assertThat(proof.acknowledged()).isPositive();
    assertThat(proof.lost()).as("lost").isZero();
    assertThat(proof.duplicates()).as("duplicates").isZero();
    assertThat(proof.outOfOrder()).as("out of order").isZero();
    assertThat(proof.leaked()).as("class loaders that stay").isZero();
  }
}
