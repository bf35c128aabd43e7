package io.patchbay.store;

import io.patchbay.thing.Uplink;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What one frame brings into the store; all of it in one transaction. An entry with nothing in it
 * keeps its place in the order of receipts.
 *
 * @param connection scheme and connection it came through ({@code mqtt:local}); empty when from
 *     none
 * @param delivery id of the delivery, empty when it has none
 * @param profile {@code id@version}
 * @param kept the frame, when (a part of) it could not be taken
 * @param released ids of kept frames that this entry replaces
 */
public record Entry(
    String connection,
    String delivery,
    String profile,
    List<Uplink> uplinks,
    Optional<KeptFrame> kept,
    Set<Long> released) {
  public Entry {
    uplinks = List.copyOf(uplinks);
    released = Set.copyOf(released);
  }

  public static Entry of(String profile, List<Uplink> uplinks) {
    return new Entry("", "", profile, uplinks, Optional.empty(), Set.of());
  }
}
