package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.Device;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.southbound.FirmwareUpdate;
import io.patchbay.thing.ThingId;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One device's way through a campaign. The first part is on disk, the second is not. */
final class Run {
  /** Lines of its history; the oldest goes. */
  static final int MOST_LINES = 64;

  /** What a protocol is asked to do. */
  enum Call {
    STATUS,
    DELIVER,
    APPLY,
    CANCEL
  }

  /**
   * What came of a call.
   *
   * @param number of the call
   */
  record Answered(long number, FirmwareUpdate.Reply reply) {}

  final int index;
  final ThingId thing;
  DeviceState state = DeviceState.WAITING;
  Reason reason = Reason.NONE;
  String detail = "";
  Instant since;
  String before = "";

  /** Deliveries that broke off and count. */
  int attempts;

  /** All deliveries that broke off. */
  int breaks;

  /** No delivery begins before this. */
  Instant rested = Instant.MIN;

  /** Where its lines are in the log, the newest of them. */
  private long[] lines = {};

  /** Asked first after every start and every trouble: the device knows better. */
  Call go = Call.STATUS;

  /** Whether the call that this state is about was carried out since the engine began. */
  boolean told;

  /** Number of the call under way, 0 for none. */
  long number;

  @Nullable Call underWay;
  @Nullable FirmwareUpdate carrier;

  /** When a call that does not come back is given up; far away for a delivery. */
  Instant patience = Instant.MAX;

  /** When it is looked at next. */
  Instant next = Instant.MAX;

  /** Looked at so often without news. */
  int asks;

  boolean asleep;
  boolean hinted;

  /** Why it does not go on. */
  Reason trouble = Reason.NONE;

  /** When the device first said what contradicts the update. */
  @Nullable Instant contradicted;

  /** Set by any thread, taken by the engine's. */
  final AtomicReference<@Nullable Answered> answer = new AtomicReference<>();

  Run(int index, ThingId thing, Instant since) {
    this.index = index;
    this.thing = thing;
    this.since = since;
  }

  void noted(long line) {
    boolean full = lines.length == MOST_LINES;
    long[] more = Arrays.copyOfRange(lines, full ? 1 : 0, lines.length + 1);
    more[more.length - 1] = line;
    lines = more;
  }

  /** Oldest first. */
  long[] lines() {
    return lines.clone();
  }

  /** Whether it takes part and has not ended. */
  boolean active() {
    return state != DeviceState.WAITING && !state.ended();
  }

  /** Whether the device may already install. */
  boolean committed() {
    return state == DeviceState.INSTALLING || state == DeviceState.CONFIRMING;
  }

  /** Whether nothing can be done for it now. */
  boolean rests(Instant now) {
    return asleep || (state == DeviceState.DELIVERING && now.isBefore(rested));
  }

  void idle() {
    number = 0;
    underWay = null;
    carrier = null;
    patience = Instant.MAX;
  }

  Device shown() {
    return new Device(thing, state, reason, detail, since, before, attempts);
  }
}
