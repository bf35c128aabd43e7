package io.patchbay.camel.mqtt;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What must be known of a persistent session after a restart: its client id and what it listens to
 * on the broker. A text file, one per connection.
 */
final class SessionMemory {
  private static final String CLIENT = "client ";
  private static final String DOUBTFUL = "? ";
  private static final String QOS0 = "/0";

  private final Path file;

  SessionMemory(Path file) {
    this.file = file;
  }

  /** The id given to this session once, made when there is none. */
  String clientId(String prefix) throws IOException {
    for (String line : lines()) {
      if (line.startsWith(CLIENT + prefix)) {
        return line.substring(CLIENT.length());
      }
    }
    String fresh = prefix + UUID.randomUUID().toString().substring(0, 8);
    write(fresh, Subscriptions.NONE, Set.of());
    return fresh;
  }

  /**
   * What the session of this client id listens to; nothing when it is not known.
   *
   * @throws IOException also when the file is damaged
   */
  Subscriptions subscriptions(String clientId) throws IOException {
    Map<String, Subscriptions.Terms> held = new LinkedHashMap<>();
    try {
      for (String line : entries(clientId)) {
        if (!line.startsWith(DOUBTFUL)) {
          int space = line.indexOf(' ');
          held.put(line.substring(space + 1), terms(line.substring(0, space)));
        }
      }
      return new Subscriptions(held);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  /** Identifier and quality of service; what names none has 1. */
  private static Subscriptions.Terms terms(String text) {
    boolean qos0 = text.endsWith(QOS0);
    String id = qos0 ? text.substring(0, text.length() - QOS0.length()) : text;
    return new Subscriptions.Terms(Integer.parseInt(id), qos0 ? 0 : 1);
  }

  /** Filters that the broker was asked for and may or may not hold. */
  Set<String> doubtful(String clientId) throws IOException {
    Set<String> filters = new TreeSet<>();
    for (String line : entries(clientId)) {
      if (line.startsWith(DOUBTFUL)) {
        filters.add(line.substring(DOUBTFUL.length()));
      }
    }
    return filters;
  }

  private List<String> entries(String clientId) throws IOException {
    List<String> lines = lines();
    return lines.isEmpty() || !lines.get(0).equals(CLIENT + clientId)
        ? List.of()
        : lines.subList(1, lines.size());
  }

  void write(String clientId, Subscriptions confirmed, Set<String> doubtful) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(CLIENT + clientId);
    confirmed
        .terms()
        .forEach(
            (filter, terms) ->
                lines.add(terms.id() + (terms.qos() == 0 ? QOS0 : "") + " " + filter));
    doubtful.forEach(filter -> lines.add(DOUBTFUL + filter));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, lines, StandardCharsets.UTF_8);
    Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private List<String> lines() throws IOException {
    return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.UTF_8) : List.of();
  }
}
