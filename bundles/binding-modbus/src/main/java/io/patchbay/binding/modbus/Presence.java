package io.patchbay.binding.modbus;

import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Status;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;

/** Tells the hub that a connection came or went: the latest only, and each once. */
final class Presence implements Bus.Watch {
  private final String connection;
  private final UplinkPort uplink;
  private final Executor pool;
  private final BiConsumer<Duration, Runnable> later;
  private final IntConsumer heard;
  private volatile Status latest = Status.UNKNOWN;
  private volatile String detail = "";
  private Status told = Status.UNKNOWN;

  /**
   * @param later runs something after a while
   * @param heard told of a unit that gave a late sign of life
   */
  Presence(
      String connection,
      UplinkPort uplink,
      Executor pool,
      BiConsumer<Duration, Runnable> later,
      IntConsumer heard) {
    this.connection = connection;
    this.uplink = uplink;
    this.pool = pool;
    this.later = later;
    this.heard = heard;
  }

  @Override
  public void changed(boolean up, String why) {
    detail = why;
    latest = up ? Status.ONLINE : Status.OFFLINE;
    pool.execute(this::tell);
  }

  @Override
  public void heard(int unit) {
    heard.accept(unit);
  }

  private synchronized void tell() {
    Status now = latest;
    if (now == told) {
      return;
    }
    told = now;
    CompletionStage<?> unused =
        uplink
            .presence(ModbusProtocol.SCHEME, connection, now, detail)
            .whenComplete(
                (receipt, failure) -> {
                  if (receipt instanceof Receipt.Busy busy) {
                    later.accept(busy.retryAfter(), this::again);
                  }
                });
  }

  private void again() {
    synchronized (this) {
      told = Status.UNKNOWN;
    }
    pool.execute(this::tell);
  }
}
