package io.patchbay.camel.hub;

import io.patchbay.store.Journal;
import io.patchbay.store.Selection;
import java.util.Map;
import java.util.Optional;

/** A subscription of the journal, which remembers its place. */
final class DurableSupply implements Supply {
  private final Hub hub;
  private final String name;
  private final Selection selection;
  private final Journal.Start start;
  private final Backoff backoff;

  DurableSupply(Hub hub, String name, Selection selection, Journal.Start start, Backoff backoff) {
    this.hub = hub;
    this.name = name;
    this.selection = selection;
    this.start = start;
    this.backoff = backoff;
  }

  /** Without a journal the stream waits for it. */
  @Override
  public Hub.Binding connect(String stream, Courier courier) {
    Hub.Binding journal =
        hub.follow(
            Journal.class,
            now -> courier.source(now.map(there -> () -> there.open(name, selection, start))));
    Hub.Binding commits =
        hub.provide(Journal.CommitListener.class, sequence -> courier.wake(), labels());
    return () -> {
      commits.close();
      journal.close();
    };
  }

  @Override
  public Optional<Backoff> backoff() {
    return Optional.of(backoff);
  }

  @Override
  public long refused() {
    return 0;
  }

  @Override
  public Map<String, String> labels() {
    return Map.of("subscription", name);
  }
}
