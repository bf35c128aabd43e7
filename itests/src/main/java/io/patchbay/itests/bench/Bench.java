package io.patchbay.itests.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** {@code ./patchbay bench [NAME]}: measures the hub beside its floors. */
public final class Bench {
  private Bench() {}

  /** Runs what is asked for; results go to {@code target/bench} of the checkout. */
  public static void main(String[] words) throws Exception {
    Options options;
    try {
      options = Options.parse(words);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    List<String> all = List.of("pipeline", "journal", "mqtt", "rule", "modbus", "coap", "lwm2m");
    if (!options.name().isEmpty() && !all.contains(options.name())) {
      System.err.println(
          "there is no benchmark '" + options.name() + "'; there are " + String.join(", ", all));
      System.exit(2);
    }
    for (String name : options.name().isEmpty() ? all : List.of(options.name())) {
      Path work = Files.createTempDirectory("patchbay-bench");
      try {
        List<Measurement> results =
            switch (name) {
              case "mqtt" -> new MqttBench(options, work).run();
              case "rule" -> new RuleBench(options, work).run();
              case "modbus" -> new ModbusBench(options, work).run();
              case "coap" -> new CoapBench(options, work).run();
              case "lwm2m" -> new Lwm2mBench(options, work).run();
              case "pipeline" -> new PipelineBench(options, work).run();
              default -> new JournalBench(options, work).run();
            };
        Measurement.print(results);
        Measurement.write(root().resolve("target/bench/" + name + ".json"), results);
      } finally {
        Folders.delete(work);
      }
    }
    // A client's threads may linger; nothing is left to do.
    System.exit(0);
  }

  /** The checkout. */
  public static Path root() {
    return Path.of(System.getProperty("patchbay.root", ".")).toAbsolutePath().normalize();
  }
}
