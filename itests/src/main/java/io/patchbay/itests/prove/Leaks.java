package io.patchbay.itests.prove;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Class loaders of replaced bundles that outlive a garbage collection, as the hub counts them. */
final class Leaks {
  private Leaks() {}

  static long count(RunningHub hub) throws IOException, InterruptedException {
    Process collect =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(hub.pid()),
                "GC.run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!collect.waitFor(30, TimeUnit.SECONDS)) {
      throw new IOException("the hub did not collect its garbage");
    }
    long leaked = 0;
    for (String line : hub.get("/metrics").body().split("\n")) {
      if (line.startsWith("patchbay_deployer_retained_classloaders")) {
        leaked += (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return leaked;
  }
}
