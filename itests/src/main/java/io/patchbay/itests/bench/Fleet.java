package io.patchbay.itests.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Devices of four kinds: what is renamed, scaled, converted from degrees Fahrenheit and from
 * kelvin. Each sends its counter as the measured value, so that it can be told from what comes out.
 */
public final class Fleet {
  /**
   * A kind of device.
   *
   * @param key of the value on the wire
   * @param property that it becomes
   * @param unit of the model, SenML
   * @param schema lines of the profile that say how it becomes so
   */
  public record Kind(
      String name,
      String key,
      String property,
      String unit,
      double scale,
      double offset,
      String schema) {
    /** The model's value of a counter. */
    public double value(double counter) {
      return counter * scale + offset;
    }

    long counter(double value) {
      return Math.round((value - offset) / scale);
    }

    /**
     * Its profile.
     *
     * @param name of the profile and in the topic
     * @param journal whether readings are kept
     */
    public String profile(String name, boolean journal) {
      return """
      id: bench-%1$s
      title: Load of the benchmarks, %1$s
      thing: "bench-%1$s-{device}"
      journal: %5$s
      properties:
        %2$s:
          title: What is measured
      %3$s    forms:
            - { protocol: mqtt, topic: "bench/%1$s/{device}", path: %4$s }
      """
          .formatted(name, property, schema.indent(4), key, journal);
    }
  }

  /** Things; a file may hold a bounded number of values. */
  private static final int IN_A_FILE = 2_000;

  public static final List<Kind> KINDS =
      List.of(
          new Kind("rename", "val", "level", "", 1, 0, "type: number"),
          new Kind("scale", "raw", "power", "W", 0.1, 0, "type: number\nunit: W\nscale: 0.1"),
          new Kind(
              "fahrenheit",
              "tempF",
              "temperature",
              "Cel",
              1 / 1.8,
              -32 / 1.8,
              "type: number\nunit: Cel\nfrom: degF"),
          new Kind(
              "kelvin",
              "tempK",
              "temperature",
              "Cel",
              1,
              -273.15,
              "type: number\nunit: Cel\nfrom: K"));

  public static final String FILTER = "bench/+/+";

  private final List<String> topics = new ArrayList<>();
  private final int profiles;
  private final boolean journal;

  public Fleet(int devices) {
    this(devices, KINDS.size(), true);
  }

  /**
   * @param profiles a multiple of the number of kinds
   * @param journal whether readings are kept
   */
  Fleet(int devices, int profiles, boolean journal) {
    this.profiles = profiles;
    this.journal = journal;
    for (int i = 0; i < devices; i++) {
      topics.add("bench/" + group(i % profiles) + "/" + i);
    }
  }

  /** Several profiles of one kind differ in their names. */
  private static String group(int profile) {
    int again = profile / KINDS.size();
    return kind(profile).name() + (again == 0 ? "" : "-" + again);
  }

  public int size() {
    return topics.size();
  }

  public static Kind kind(int device) {
    return KINDS.get(device % KINDS.size());
  }

  public String topic(int device) {
    return topics.get(device);
  }

  public static String thing(int device) {
    return "bench-" + kind(device).name() + "-" + device;
  }

  public static byte[] payload(int device, long counter) {
    return ("{\"" + kind(device).key() + "\":" + counter + "}").getBytes(StandardCharsets.US_ASCII);
  }

  /** Where its readings come out. */
  public static String north(int device) {
    return "patchbay/things/" + thing(device) + "/properties/" + kind(device).property();
  }

  private String things(String connection, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(
          "- { id: %s, profile: bench-%s, base: \"mqtt://%s\", terms: { device: \"%d\" } }\n"
              .formatted(thing(i), group(i % profiles), connection, i));
    }
    return text.toString();
  }

  /** Writes profiles and things into a data directory, as an integrator would. */
  public void prepare(Path data, String connection) throws IOException {
    Files.createDirectories(data.resolve("device-profiles"));
    Files.createDirectories(data.resolve("things"));
    for (int i = 0; i < profiles; i++) {
      Files.writeString(
          data.resolve("device-profiles").resolve("bench-" + group(i) + ".yaml"),
          kind(i).profile(group(i), journal));
    }
    for (int from = 0; from < topics.size(); from += IN_A_FILE) {
      int to = Math.min(from + IN_A_FILE, topics.size());
      Files.writeString(
          data.resolve("things/bench-" + from + ".yaml"), things(connection, from, to));
    }
  }

  /** A reading that came out. */
  public record Seen(int device, long counter) {}

  /** Reads a topic and a SenML payload of the north side. */
  public static Seen seen(String topic, byte[] payload) {
    int slash = topic.indexOf("/properties/");
    String thing = topic.substring("patchbay/things/".length(), slash);
    int device = Integer.parseInt(thing.substring(thing.lastIndexOf('-') + 1));
    String text = new String(payload, StandardCharsets.UTF_8);
    return new Seen(device, kind(device).counter(number(text)));
  }

  /** The counter behind a model value. */
  public static long counter(int device, double value) {
    return kind(device).counter(value);
  }

  private static double number(String text) {
    int at = text.indexOf("\"v\":");
    if (at < 0) {
      throw new IllegalArgumentException("no SenML value in " + text);
    }
    int end = at + 4;
    while (end < text.length() && "+-.eE0123456789 ".indexOf(text.charAt(end)) >= 0) {
      end++;
    }
    return Double.parseDouble(text.substring(at + 4, end).strip());
  }
}
