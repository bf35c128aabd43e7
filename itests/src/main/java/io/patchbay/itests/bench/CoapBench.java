package io.patchbay.itests.bench;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Confirmable posts of SenML that are answered with 2.04, of the hub, which keeps each before, and
 * of a bare Californium server that only parses.
 */
final class CoapBench {
  private static final int DEVICES = 256;
  private static final String HUB = "hub, CoAP";
  private static final String FLOOR = "bare Californium";

  private final Options options;
  private final Path work;

  CoapBench(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  private record Rate(CoapLoad.Result result, double cpuMicros) {
    double perSecond() {
      return result.answered() / result.seconds();
    }
  }

  List<Measurement> run() throws IOException, InterruptedException, TimeoutException {
    Path data = work.resolve("coap");
    Files.createDirectories(data.resolve("routes"));
    // what is measured is taking and keeping; what goes north costs as much again
    Files.writeString(data.resolve("routes/readings-to-mqtt.camel.yaml"), "[]\n");
    int devices = options.outstanding(DEVICES);
    int port = freePort();
    List<Rate> ours = new ArrayList<>();
    List<Rate> floors = new ArrayList<>();
    double rss;
    try (RunningHub hub = RunningHub.start(data, RunningHub.freeOffset());
        Subject bare = Subject.java(FLOOR, PlainCoap.class, port, 0);
        CoapLoad toHub = new CoapLoad(hub.coapPort(), devices);
        CoapLoad toBare = new CoapLoad(port, devices)) {
      CoapLoad.Result unused = toBare.run(options.warm() / 2.0);
      unused = toHub.run(options.warm());
      for (int round = 0; round < options.rounds(); round++) {
        floors.add(rate(toBare, bare.pid()));
        ours.add(rate(toHub, hub.pid()));
      }
      rss = Usage.rssMb(hub.pid());
    }
    Rate floor = median(floors);
    return List.of(measurement(FLOOR, floor, floor, 0), measurement(HUB, median(ours), floor, rss));
  }

  private Rate rate(CoapLoad load, long pid) throws IOException {
    long cpu = Usage.cpuMicros(pid);
    CoapLoad.Result result = load.run(options.seconds());
    if (result.others() > 0) {
      System.err.println(result.others() + " answers were not 2.04");
    }
    return new Rate(result, (Usage.cpuMicros(pid) - cpu) / (double) Math.max(1, result.answered()));
  }

  private static Rate median(List<Rate> rates) {
    return rates.stream()
        .sorted(Comparator.comparingDouble(Rate::perSecond))
        .toList()
        .get(rates.size() / 2);
  }

  private static Measurement measurement(String name, Rate own, Rate floor, double rss) {
    return new Measurement(
        name,
        own.perSecond(),
        "posts/s",
        FLOOR,
        floor.perSecond(),
        own.result().p50Ms(),
        own.result().p99Ms(),
        own.cpuMicros(),
        rss);
  }

  private static int freePort() throws IOException {
    try (DatagramSocket probe = new DatagramSocket(0)) {
      return probe.getLocalPort();
    }
  }
}
