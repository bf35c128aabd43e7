package io.patchbay.broker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the broker counts. */
final class Counters {
  final AtomicInteger connections = new AtomicInteger();
  final LongAdder messagesIn = new LongAdder();
  final LongAdder messagesOut = new LongAdder();
  final LongAdder refusedLogins = new LongAdder();
  final LongAdder refusedConnections = new LongAdder();
  final LongAdder refusedPackets = new LongAdder();
  final LongAdder refusedTopics = new LongAdder();
  final LongAdder trimmed = new LongAdder();
  final LongAdder pauses = new LongAdder();
}
