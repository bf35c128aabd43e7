package io.patchbay.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class DiskSpaceTest {
  private static final long MEGABYTE = 1 << 20;

  private final AtomicLong usable = new AtomicLong();

  private boolean low(long totalMegabytes, long usableMegabytes) {
    usable.set(usableMegabytes * MEGABYTE);
    DiskSpace disk = new DiskSpace(usable::get, () -> totalMegabytes * MEGABYTE);
    disk.look();
    return disk.isLow();
  }

  @Test
  void isLowBeforeTheLastOctetIsGone() {
    assertThat(low(100_000, 0)).isTrue();
    assertThat(low(100_000, 47)).isTrue();
    assertThat(low(100_000, 48)).isFalse();
  }

  @Test
  void leavesMostOfASmallDiskToItsUse() {
    assertThat(low(100, 4)).isTrue();
    assertThat(low(100, 5)).isFalse();
  }

  @Test
  void hasRoomAgainByItself() {
    DiskSpace disk = new DiskSpace(usable::get, () -> 100_000 * MEGABYTE);
    disk.look();
    assertThat(disk.isLow()).isTrue();
    usable.set(1_000 * MEGABYTE);
    disk.look();
    assertThat(disk.isLow()).isFalse();
  }

  @Test
  void takesADiskThatCannotBeAskedForOneWithRoom() {
    assertThat(low(0, 0)).isFalse();
  }
}
