package io.patchbay.itests.prove;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a proof found.
 *
 * @param sent messages handed to the broker, acknowledged or not
 * @param acknowledged messages whose PUBACK came
 * @param journalled different messages found in the journal or among the rejected
 * @param delivered different messages that came out north
 * @param lost acknowledged messages that are neither in the journal nor among the rejected, or,
 *     when nothing was killed, did not come out north
 * @param duplicates messages found more than once in the journal
 * @param outOfOrder messages that lie behind a later one of the same device
 * @param longestGapMs longest time without a message north
 * @param leaked class loaders of replaced bundles that stay after garbage collection
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
    long leaked) {

  /** Whether it is proved: nothing lost, nothing twice, order per device kept. */
  boolean holds() {
    return acknowledged > 0 && lost == 0 && duplicates == 0 && outOfOrder == 0;
  }

  void write(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode node = json.createObjectNode();
    node.put("rounds", rounds);
    node.put("sent", sent);
    node.put("acknowledged", acknowledged);
    node.put("journalled", journalled);
    node.put("delivered", delivered);
    node.put("lost", lost);
    node.put("duplicates", duplicates);
    node.put("outOfOrder", outOfOrder);
    node.put("longestGapMs", longestGapMs);
    node.put("leaked", leaked);
    Files.createDirectories(file.resolveSibling("."));
    String text = json.writeValueAsString(node);
    Files.writeString(file, text + "\n");
    System.out.println(text);
    System.out.println("written to " + file);
  }
}
