package io.patchbay.northbound.modbus;

import io.patchbay.northbound.modbus.MapPoint.Table;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Finding.Severity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** All points of all files, found by where they are. */
final class RegisterMap {
  private record Place(int unit, Table table) {}

  private final Map<Place, TreeMap<Integer, MapPoint>> places = new HashMap<>();
  private int size;

  /**
   * All that files give.
   *
   * @param files by how a person knows them
   * @param findings takes what is given twice
   */
  static RegisterMap of(Map<String, MapFile.Content> files, List<Finding> findings) {
    RegisterMap made = new RegisterMap();
    files.forEach(
        (file, content) -> {
          for (int i = 0; i < content.points().size(); i++) {
            MapPoint point = content.points().get(i);
            int line = content.lines().get(i);
            made.add(point)
                .map(
                    other ->
                        point
                            + " is taken by "
                            + other.property()
                            + " of "
                            + other.thing().value()
                            + " ("
                            + other
                            + ")")
                .ifPresent(why -> findings.add(new Finding(Severity.ERROR, file, line, why)));
          }
        });
    return made;
  }

  /** The point that is in its way; nothing changes then. */
  Optional<MapPoint> add(MapPoint point) {
    TreeMap<Integer, MapPoint> there =
        places.computeIfAbsent(new Place(point.unit(), point.table()), place -> new TreeMap<>());
    Map.Entry<Integer, MapPoint> before = there.lowerEntry(point.end());
    if (before != null && before.getValue().end() > point.address()) {
      return Optional.of(before.getValue());
    }
    there.put(point.address(), point);
    size++;
    return Optional.empty();
  }

  int size() {
    return size;
  }

  /** Whether anything is served under this unit. */
  boolean has(int unit) {
    return places.keySet().stream().anyMatch(place -> place.unit() == unit);
  }

  /** The points that have something in a range, by address. */
  List<MapPoint> in(int unit, Table table, int address, int count) {
    TreeMap<Integer, MapPoint> there = places.get(new Place(unit, table));
    if (there == null) {
      return List.of();
    }
    List<MapPoint> found = new ArrayList<>();
    Integer first = there.floorKey(address);
    Collection<MapPoint> from =
        there.subMap(first == null ? address : first, address + count).values();
    for (MapPoint point : from) {
      if (point.end() > address) {
        found.add(point);
      }
    }
    return found;
  }
}
