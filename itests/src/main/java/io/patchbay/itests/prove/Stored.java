package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.Fleet;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/** What the hub says that it holds, read through its API. */
final class Stored {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 100_000;

  private final List<BitSet> found = new ArrayList<>();
  private long duplicates;
  private long outOfOrder;

  private record Reading(long sequence, long counter) {}

  private Stored(Fleet fleet) {
    for (int i = 0; i < fleet.size(); i++) {
      found.add(new BitSet());
    }
  }

  static Stored read(RunningHub hub, Fleet fleet) throws IOException, InterruptedException {
    Stored stored = new Stored(fleet);
    for (int device = 0; device < fleet.size(); device++) {
      stored.readings(hub, device);
    }
    stored.rejected(hub, fleet);
    return stored;
  }

  private void readings(RunningHub hub, int device) throws IOException, InterruptedException {
    JsonNode body =
        get(
            hub,
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
              Fleet.counter(device, reading.get("value").asDouble())));
    }
    if (all.size() == MOST) {
      throw new IOException("more than " + MOST + " readings of one device: send less");
    }
    all.sort(Comparator.comparingLong(Reading::sequence));
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

  private void rejected(RunningHub hub, Fleet fleet) throws IOException, InterruptedException {
    String after = "0";
    while (!after.isEmpty()) {
      JsonNode page = get(hub, "/api/v1/rejected?limit=1000&after=" + after);
      for (JsonNode frame : page.get("rejected")) {
        String address = frame.get("address").asText();
        if (address.startsWith("bench/")) {
          int device = Integer.parseInt(address.substring(address.lastIndexOf('/') + 1));
          JsonNode payload = JSON.readTree(frame.get("text").asText());
          int counter = payload.get(Fleet.kind(device).key()).asInt();
          if (device < fleet.size()) {
            if (found.get(device).get(counter)) {
              duplicates++;
            }
            found.get(device).set(counter);
          }
        }
      }
      after = page.get("next").asText();
    }
  }

  private static JsonNode get(RunningHub hub, String path)
      throws IOException, InterruptedException {
    HttpResponse<String> response = hub.get(path);
    if (response.statusCode() != 200) {
      throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
    }
    return JSON.readTree(response.body());
  }

  /** The counters of a device. */
  BitSet of(int device) {
    return found.get(device);
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
  long missing(Fleet fleet, Sender sender) {
    long missing = 0;
    for (int device = 0; device < fleet.size(); device++) {
      BitSet lost = sender.acknowledged(device);
      lost.andNot(found.get(device));
      missing += lost.cardinality();
    }
    return missing;
  }
}
