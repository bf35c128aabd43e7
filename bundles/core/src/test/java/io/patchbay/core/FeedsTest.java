package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.Feed;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.Status;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class FeedsTest {
  private final Feeds feeds = new Feeds();
  private final List<String> heard = new ArrayList<>();

  private Feed.Registration listen(String name, Optional<ThingId> thing) {
    Selection selection =
        new Selection(
            EnumSet.allOf(Selection.Kind.class), thing, Optional.empty(), Optional.empty());
    return feeds.open(name, selection, one -> heard.add(name + one.uplink().thing()));
  }

  private void publish(String thing) {
    Uplink uplink =
        new Uplink.StatusChange(
            new ThingId(thing), Status.ONLINE, "", Instant.EPOCH, Instant.EPOCH);
    feeds.publish(new Recorded(1, "", uplink));
  }

  @Test
  void handsEachUplinkToThoseWhoListenToItsThing() {
    Feed.Registration first = listen("1:", Optional.of(new ThingId("a")));
    Feed.Registration second = listen("2:", Optional.of(new ThingId("a")));
    Feed.Registration all = listen("all:", Optional.empty());
    publish("a");
    publish("b");
    assertThat(heard).containsExactlyInAnyOrder("1:a", "2:a", "all:a", "all:b");
    heard.clear();
    first.close();
    all.close();
    publish("a");
    second.close();
    publish("a");
    assertThat(heard).containsExactly("2:a");
  }
}
