package io.patchbay.testkit;

import io.patchbay.store.Appended;
import io.patchbay.store.CommandStore.Waiting;
import io.patchbay.store.Cursor;
import io.patchbay.store.Entry;
import io.patchbay.store.Journal;
import io.patchbay.store.KeptFrame;
import io.patchbay.store.Ledger;
import io.patchbay.store.OrderStore.Order;
import io.patchbay.store.Recorded;
import io.patchbay.store.Registered;
import io.patchbay.store.Selection;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@link InMemoryJournal} has written. Each call is one transaction. */
final class InMemoryLog {
  private final int keptBound;
  private final TreeMap<Long, Recorded> records = new TreeMap<>();
  private final Map<String, Recorded> latest = new LinkedHashMap<>();
  private final Map<String, List<String>> deliveries = new HashMap<>();
  private final TreeMap<Long, KeptFrame> kept = new TreeMap<>();
  private final Map<String, InMemorySubscription> subscriptions = new TreeMap<>();
  private final Map<ThingId, Registered> things = new TreeMap<>();
  private final Map<String, Order> orders = new TreeMap<>();
  private final Map<CommandId, Waiting> waiting = new LinkedHashMap<>();
  private long last;
  private long lastKept;
  private long accepted;
  private long rejected;

  InMemoryLog(int keptBound) {
    this.keptBound = keptBound;
  }

  synchronized Appended commit(Entry entry, Duration retryAfter) {
    long released = entry.released().stream().filter(kept::containsKey).count();
    if (entry.kept().isPresent() && kept.size() - released >= keptBound) {
      return new Appended.Refused("too many rejected and held frames", retryAfter);
    }
    entry.released().forEach(kept::remove);
    entry.kept().ifPresent(this::keep);
    if (!entry.delivery().isEmpty()) {
      deliveries
          .computeIfAbsent(entry.connection(), name -> new ArrayList<>())
          .add(entry.delivery());
    }
    long first = last + 1;
    for (Uplink uplink : entry.uplinks()) {
      record(new Recorded(++last, entry.profile(), uplink));
    }
    accepted += entry.uplinks().size();
    return new Appended.Stored(first);
  }

  private void keep(KeptFrame frame) {
    long id = ++lastKept;
    kept.put(
        id,
        new KeptFrame(
            id,
            frame.kind(),
            frame.reason(),
            frame.detail(),
            frame.thing(),
            frame.frame(),
            frame.truncated()));
    if (frame.kind() == KeptFrame.Kind.REJECTED) {
      rejected++;
    }
  }

  private void record(Recorded recorded) {
    records.put(recorded.sequence(), recorded);
    Uplink uplink = recorded.uplink();
    if (uplink instanceof Uplink.Reading || uplink instanceof Uplink.StatusChange) {
      latest.merge(
          uplink.thing() + " " + Selection.name(uplink),
          recorded,
          (old, fresh) -> uplink.supersedes(old.uplink()) ? fresh : old);
    }
    for (InMemorySubscription subscription : subscriptions.values()) {
      subscription.accepted(recorded);
    }
  }

  synchronized void dropTo(long sequence) {
    Collection<Recorded> dropped = records.headMap(sequence, true).values();
    for (InMemorySubscription subscription : subscriptions.values()) {
      subscription.dropped(dropped, sequence);
    }
    dropped.clear();
  }

  synchronized long last() {
    return last;
  }

  synchronized List<Recorded> history(
      ThingId thing, String property, Instant from, Instant to, int limit) {
    return records.values().stream()
        .filter(recorded -> recorded.uplink().thing().equals(thing))
        .filter(
            recorded -> property.isEmpty() || property.equals(Selection.name(recorded.uplink())))
        .filter(
            recorded ->
                !recorded.uplink().time().isBefore(from) && recorded.uplink().time().isBefore(to))
        .sorted(
            Comparator.comparing((Recorded recorded) -> recorded.uplink().time())
                .thenComparing(Recorded::sequence)
                .reversed())
        .limit(limit)
        .toList();
  }

  synchronized List<Recorded> after(long sequence, Selection selection, int max) {
    return records.tailMap(sequence, false).values().stream()
        .filter(selection::matches)
        .limit(max)
        .toList();
  }

  synchronized List<Recorded> latest() {
    return List.copyOf(latest.values());
  }

  synchronized List<String> deliveries(String connection, int max) {
    List<String> all = deliveries.getOrDefault(connection, List.of());
    return List.copyOf(all.subList(Math.max(0, all.size() - max), all.size()));
  }

  synchronized Cursor open(String name, Selection selection, Journal.Start start) {
    if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a subscription's name; accepted: [A-Za-z0-9._-]{1,64}");
    }
    InMemorySubscription subscription = subscriptions.get(name);
    if (subscription == null) {
      subscription =
          new InMemorySubscription(
              this, name, selection, start == Journal.Start.NOW ? last : firstKept() - 1);
      records.tailMap(subscription.acknowledged(), false).values().forEach(subscription::accepted);
      subscriptions.put(name, subscription);
    }
    return subscription.read();
  }

  private long firstKept() {
    return records.isEmpty() ? last + 1 : records.firstKey();
  }

  synchronized void forget(String name) {
    subscriptions.remove(name);
  }

  synchronized List<KeptFrame> kept(KeptFrame.Kind kind, long afterId, int max) {
    return kept.tailMap(afterId, false).values().stream()
        .filter(frame -> frame.kind() == kind)
        .limit(max)
        .toList();
  }

  synchronized Appended discard(List<Long> ids) {
    ids.forEach(kept::remove);
    return new Appended.Stored(last + 1);
  }

  synchronized Ledger ledger() {
    long held = kept.values().stream().filter(frame -> frame.kind() == KeptFrame.Kind.HELD).count();
    return new Ledger(
        accepted,
        rejected,
        held,
        firstKept(),
        last,
        subscriptions.values().stream().map(InMemorySubscription::account).toList());
  }

  synchronized List<Registered> things() {
    return List.copyOf(things.values());
  }

  synchronized void save(Registered registered) {
    things.put(registered.thing().id(), registered);
  }

  synchronized void remove(ThingId id) {
    things.remove(id);
  }

  synchronized List<Order> orders() {
    return List.copyOf(orders.values());
  }

  synchronized void save(Order order) {
    orders.put(order.thing() + "/" + order.property(), order);
  }

  synchronized void cancel(ThingId thing, String property) {
    orders.remove(thing + "/" + property);
  }

  synchronized List<Waiting> waiting() {
    return List.copyOf(waiting.values());
  }

  synchronized void save(Waiting command) {
    waiting.put(command.id(), command);
  }

  synchronized void ended(CommandId id) {
    waiting.remove(id);
  }
}
