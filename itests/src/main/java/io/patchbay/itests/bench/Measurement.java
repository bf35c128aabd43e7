package io.patchbay.itests.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * One line of the result.
 *
 * @param floor name of the case it is compared with; itself when it is one
 */
record Measurement(
    String name,
    double value,
    String unit,
    String floor,
    double floorValue,
    double p50Ms,
    double p99Ms,
    double cpuMicrosPerMessage,
    double rssMb) {

  double ratio() {
    return floorValue == 0 ? 0 : value / floorValue;
  }

  static void print(List<Measurement> all) {
    System.out.printf(
        Locale.ROOT,
        "%-24s %12s %-11s %8s %9s %9s %12s %8s%n",
        "case",
        "value",
        "unit",
        "ratio",
        "p50 ms",
        "p99 ms",
        "CPU us/msg",
        "RSS MB");
    for (Measurement one : all) {
      System.out.printf(
          Locale.ROOT,
          "%-24s %12.0f %-11s %8.2f %9.2f %9.2f %12.1f %8.0f%n",
          one.name,
          one.value,
          one.unit,
          one.ratio(),
          one.p50Ms,
          one.p99Ms,
          one.cpuMicrosPerMessage,
          one.rssMb);
    }
  }

  static void write(Path file, List<Measurement> all) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ArrayNode array = json.createArrayNode();
    for (Measurement one : all) {
      ObjectNode node = array.addObject();
      node.put("case", one.name);
      node.put("value", rounded(one.value));
      node.put("unit", one.unit);
      node.put("floor", one.floor);
      node.put("floorValue", rounded(one.floorValue));
      node.put("ratio", rounded(one.ratio()));
      node.put("p50Ms", rounded(one.p50Ms));
      node.put("p99Ms", rounded(one.p99Ms));
      node.put("cpuMicrosPerMessage", rounded(one.cpuMicrosPerMessage));
      node.put("rssMb", rounded(one.rssMb));
    }
    Files.createDirectories(file.resolveSibling("."));
    Files.writeString(file, json.writeValueAsString(array) + "\n");
    System.out.println("written to " + file);
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }
}
