package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a proof found.
 *
 * @param sent messages handed to the broker, acknowledged or not
 * @param acknowledged messages whose PUBACK came
 * @param journalled different messages found in the journal or among the rejected
 * @param delivered different messages that came out north
 * @param lost acknowledged messages that are neither in the journal nor among the rejected
 * @param duplicates messages found more than once in the journal
 * @param outOfOrder messages that lie behind a later one of the same device
 * @param longestGapMs longest time without a message north
 * @param leaked class loaders of replaced bundles that stay after garbage collection
 * @param figures measured besides
 * @param problems what does not hold, in words
 */
record Proof(
    int rounds,
    long sent,
    long acknowledged,
    long journalled,
    long delivered,
    long lost,
    long duplicates,
    long outOfOrder,
    long longestGapMs,
    long leaked,
    Map<String, Long> figures,
    List<String> problems) {

  Proof {
    figures = new TreeMap<>(figures);
    problems = List.copyOf(problems);
  }

  /** Whether it is proved: nothing lost, nothing twice, order per device kept, no problem. */
  boolean holds() {
    return acknowledged > 0
        && lost == 0
        && duplicates == 0
        && outOfOrder == 0
        && leaked == 0
        && problems.isEmpty();
  }

  void write(Path file) throws IOException {
    Files.createDirectories(file.resolveSibling("."));
    String text =
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
    Files.writeString(file, text + "\n");
    System.out.println(text);
    System.out.println("written to " + file);
  }
}
