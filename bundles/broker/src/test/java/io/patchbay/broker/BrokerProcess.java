package io.patchbay.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A broker in a process of its own, to be killed. Prints its two ports. */
final class BrokerProcess implements AutoCloseable {
  private final Process process;
  final int hubPort;
  final int port;

  BrokerProcess(Path data) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                BrokerProcess.class.getName(),
                data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    while (line != null && !line.startsWith("ports ")) {
      line = out.readLine();
    }
    if (line == null) {
      throw new IOException("the broker's process ended before it was ready");
    }
    String[] words = line.split(" ");
    hubPort = Integer.parseInt(words[1]);
    port = Integer.parseInt(words[2]);
  }

  /** As a power cut: nothing is flushed, nobody says good-bye. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  public static void main(String[] arguments) throws Exception {
    RunningBroker running =
        new RunningBroker(RunningBroker.settings(Path.of(arguments[0])), Duration.ofMillis(10));
    System.out.println("ports " + running.broker.hubPort() + " " + running.broker.port());
    new CountDownLatch(1).await();
  }
}
