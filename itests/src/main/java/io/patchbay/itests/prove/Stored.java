package io.patchbay.itests.prove;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/** What the hub says that it holds, read through its API. */
final class Stored {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 100_000;
  private static final int MOST_NAMED = 20;

  private final List<BitSet> found = new ArrayList<>();
  private final List<List<Reading>> readings = new ArrayList<>();
  private final List<String> refused = new ArrayList<>();
  private long duplicates;
  private long outOfOrder;

  private record Reading(long sequence, long counter, String time) {}

  private Stored(Fleet fleet) {
    for (int i = 0; i < fleet.size(); i++) {
      found.add(new BitSet());
    }
  }

  static Stored read(Api api, Fleet fleet) throws IOException, InterruptedException {
    Stored stored = new Stored(fleet);
    for (int device = 0; device < fleet.size(); device++) {
      stored.readings(api, device);
    }
    stored.rejected(api);
    return stored;
  }

  private void readings(Api api, int device) throws IOException, InterruptedException {
    JsonNode body =
        api.get(
            "/api/v1/things/"
                + Fleet.thing(device)
                + "/readings?property="
                + Fleet.kind(device).property()
                + "&limit="
                + MOST);
    List<Reading> all = new ArrayList<>();
    for (JsonNode reading : body.get("readings")) {
      all.add(
          new Reading(
              reading.get("sequence").asLong(),
              Fleet.counter(device, reading.get("value").asDouble()),
              reading.get("time").asText()));
    }
    if (all.size() == MOST) {
      throw new IOException("more than " + MOST + " readings of one device: send less");
    }
    all.sort(Comparator.comparingLong(Reading::sequence));
    readings.add(all);
    long last = 0;
    for (Reading reading : all) {
      if (found.get(device).get((int) reading.counter())) {
        duplicates++;
      } else if (reading.counter() < last) {
        outOfOrder++;
      }
      last = Math.max(last, reading.counter());
      found.get(device).set((int) reading.counter());
    }
  }

  /** A message of the fleet may lie among the rejected, too; what else lies there is not ours. */
  private void rejected(Api api) throws IOException, InterruptedException {
    String after = "0";
    while (!after.isEmpty()) {
      JsonNode page = api.get("/api/v1/rejected?limit=1000&after=" + after);
      for (JsonNode frame : page.get("rejected")) {
        String[] levels = frame.get("address").asText().split("/", -1);
        if (levels.length == 3 && levels[0].equals("bench") && levels[2].matches("[0-9]{1,6}")) {
          rejected(Integer.parseInt(levels[2]), frame.get("text").asText());
          refused.add(frame.get("detail").asText());
        }
      }
      after = page.get("next").asText();
    }
  }

  private void rejected(int device, String payload) {
    if (device >= found.size()) {
      return;
    }
    try {
      JsonNode counter = JSON.readTree(payload).path(Fleet.kind(device).key());
      if (counter.isInt()) {
        if (found.get(device).get(counter.asInt())) {
          duplicates++;
        }
        found.get(device).set(counter.asInt());
      }
    } catch (JsonProcessingException e) {
      // it was rejected for that
    }
  }

  long count() {
    return found.stream().mapToLong(BitSet::cardinality).sum();
  }

  long duplicates() {
    return duplicates;
  }

  long outOfOrder() {
    return outOfOrder;
  }

  /** How many acknowledged messages are not here. */
  long missing(Sender sender) {
    long missing = 0;
    for (int device = 0; device < found.size(); device++) {
      missing += without(sender.acknowledged(device), found.get(device)).cardinality();
    }
    return missing;
  }

  /** Which of these did not come out north: the first few by why they were refused, or by time. */
  Absent missingIn(North north) {
    long count = 0;
    List<String> named = new ArrayList<>(refused.subList(0, Math.min(refused.size(), MOST_NAMED)));
    for (int device = 0; device < found.size(); device++) {
      BitSet missing = without(found.get(device), north.seen(device));
      count += missing.cardinality();
      for (Reading reading : readings.get(device)) {
        if (named.size() < 2 * MOST_NAMED && missing.get((int) reading.counter())) {
          named.add(Fleet.thing(device) + " " + reading);
        }
      }
    }
    return new Absent(count, named);
  }

  /**
   * Messages that are missing.
   *
   * @param named the first few of {@code count}
   */
  record Absent(long count, List<String> named) {}

  private static BitSet without(BitSet all, BitSet present) {
    BitSet missing = (BitSet) all.clone();
    missing.andNot(present);
    return missing;
  }
}
