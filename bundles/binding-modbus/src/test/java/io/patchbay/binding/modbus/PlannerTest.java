package io.patchbay.binding.modbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlannerTest {
  private static final Limits ANY = new Limits(0, -1, List.of(), 1);
  private static final int TCP_GAP = Table.HOLDING.most();

  @Test
  void readsThreeHundredRandomPointsInFewRequests() {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      Set<Span> points = new LinkedHashSet<>();
      while (points.size() < 300) {
        points.add(holding(random.nextInt(1_400), 1 << random.nextInt(3)));
      }
      List<Block> blocks = Planner.plan(points, ANY, TCP_GAP, new Learnt());
      assertThat(blocks).hasSizeLessThanOrEqualTo(13);
      assertThat(blocks.stream().flatMap(block -> block.parts().stream()))
          .containsExactlyInAnyOrderElementsOf(points);
      assertThat(blocks)
          .allSatisfy(
              block -> {
                assertThat(block.span().count()).isLessThanOrEqualTo(125);
                assertThat(block.parts()).allMatch(block.span()::holds);
              });
    }
  }

  @Test
  void readsOnlySmallGapsWhereOctetsAreDear() {
    assertThat(plan(ANY, 10, holding(0, 1), holding(11, 1), holding(30, 1)))
        .containsExactly(holding(0, 12), holding(30, 1));
  }

  @Test
  void keepsToWhatTheDeviceGivesAtOnceAndNeverSplitsAValue() {
    Limits limits = new Limits(10, -1, List.of(), 1);
    assertThat(plan(limits, TCP_GAP, holding(0, 4), holding(4, 4), holding(8, 4), holding(20, 16)))
        .containsExactly(holding(0, 8), holding(8, 4), holding(20, 16));
  }

  @Test
  void readsNotOverWhatIsForbidden() {
    Limits limits = Limits.of(new Terms(Map.of("forbidden", "5-6, 100")));
    assertThat(plan(limits, TCP_GAP, holding(0, 5), holding(7, 1), holding(99, 1), holding(101, 1)))
        .containsExactly(holding(0, 5), holding(7, 93), holding(101, 1));
  }

  @Test
  void doesNotMixTables() {
    assertThat(plan(ANY, TCP_GAP, holding(0, 1), new Span(Table.INPUT, 1, 1))).hasSize(2);
    assertThat(
            plan(
                ANY,
                TCP_GAP,
                new Span(Table.IDENTIFICATION, 0, 1),
                new Span(Table.IDENTIFICATION, 1, 1)))
        .hasSize(2);
  }

  @Test
  void readsBitsByTheThousand() {
    assertThat(plan(ANY, TCP_GAP, new Span(Table.COIL, 0, 1), new Span(Table.COIL, 1_999, 1)))
        .containsExactly(new Span(Table.COIL, 0, 2_000));
  }

  @Test
  void remembersWhatTheDeviceGivesOnlyApart() {
    Learnt learnt = new Learnt();
    learnt.apart(Block.of(List.of(holding(0, 5))), Block.of(List.of(holding(7, 1))));
    List<Block> blocks =
        Planner.plan(List.of(holding(2, 3), holding(7, 1), holding(9, 1)), ANY, TCP_GAP, learnt);
    assertThat(blocks.stream().map(Block::span)).containsExactly(holding(2, 3), holding(7, 3));
  }

  @Test
  void asksForWhatWasRefusedAgainAfterAWhile() {
    Learnt learnt = new Learnt();
    Instant now = Instant.EPOCH;
    learnt.refused(holding(1, 1), "no", now);
    assertThat(learnt.refusal(holding(1, 1), now.plus(Learnt.AGAIN).minusMillis(1))).contains("no");
    assertThat(learnt.refusal(holding(1, 1), now.plus(Learnt.AGAIN))).isEmpty();
    assertThat(learnt.refusal(holding(1, 2), now)).isEmpty();
  }

  private static List<Span> plan(Limits limits, int gap, Span... spans) {
    return Planner.plan(List.of(spans), limits, gap, new Learnt()).stream()
        .map(Block::span)
        .toList();
  }

  private static Span holding(int address, int count) {
    return new Span(Table.HOLDING, address, count);
  }
}
