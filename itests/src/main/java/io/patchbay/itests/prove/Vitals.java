package io.patchbay.itests.prove;

import io.patchbay.itests.RunningHub;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What is left in a hub after its garbage is collected.
 *
 * @param retained class loaders of replaced bundles
 */
record Vitals(long heapMb, long threads, long classes, long retained) {
  private static final long MEGABYTE = 1 << 20;

  /** The thread of a pool in camel-netty's connections stays for up to a minute after its pool. */
  private static final long PATIENCE_SECONDS = 180;

  /** Collects, again and again for a while when replaced class loaders do not go. */
  static Vitals of(RunningHub hub) throws IOException, InterruptedException {
    Api api = new Api(hub);
    Vitals[] last = new Vitals[1];
    boolean unused =
        Drain.until(
            PATIENCE_SECONDS,
            () -> {
              jcmd(hub, "GC.run");
              last[0] = read(api);
              return last[0].retained() == 0;
            });
    return last[0];
  }

  private static Vitals read(Api api) throws IOException, InterruptedException {
    return new Vitals(
        (long) (api.metric("jvm_memory_used_bytes", "area=\"heap\"") / MEGABYTE),
        (long) api.metric("jvm_threads_current", ""),
        (long) api.metric("jvm_classes_currently_loaded", ""),
        (long) api.metric("patchbay_deployer_retained_classloaders", ""));
  }

  /** Writes the heap down as it is, to see what holds what should have gone. */
  static void dump(RunningHub hub, Path folder) throws IOException, InterruptedException {
    jcmd(hub, "GC.heap_dump", "-all", folder.resolve("heap.hprof").toAbsolutePath().toString());
  }

  private static void jcmd(RunningHub hub, String... words)
      throws IOException, InterruptedException {
    String[] command = new String[words.length + 2];
    command[0] = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    command[1] = Long.toString(hub.pid());
    System.arraycopy(words, 0, command, 2, words.length);
    Process jcmd =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!jcmd.waitFor(30, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      jcmd.destroyForcibly();
      throw new IOException("the hub did not do " + words[0]);
    }
  }
}
