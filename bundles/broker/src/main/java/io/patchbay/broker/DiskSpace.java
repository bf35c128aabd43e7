package io.patchbay.broker;

import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * Whether the disk under the broker has room. While it has not, devices wait: what is on its way
 * into the hub still finds a place, and nothing breaks off in the middle of a write.
 */
final class DiskSpace {
  /** Octets that stay free: enough for what is on its way; of a small disk a twentieth. */
  private static final long RESERVE = 48L << 20;

  private static final int SHARE = 20;

  private final LongSupplier usable;
  private final LongSupplier total;
  private volatile boolean low;

  DiskSpace(Path directory) {
    this(() -> directory.toFile().getUsableSpace(), () -> directory.toFile().getTotalSpace());
  }

  DiskSpace(LongSupplier usable, LongSupplier total) {
    this.usable = usable;
    this.total = total;
  }

  /** Call now and then; a disk that cannot be asked is none that is full. */
  void look() {
    long all = total.getAsLong();
    low = all > 0 && usable.getAsLong() < Math.min(RESERVE, all / SHARE);
  }

  boolean isLow() {
    return low;
  }
}
