package io.patchbay.binding.coap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * An endpoint in the resource directory (RFC 9176, clause 5).
 *
 * @param lifetime seconds, 1 to 4294967295
 * @param base where its resources are, {@code coap://10.0.0.5:5683}
 * @param given whether the endpoint named the base itself, rather than came from there
 * @param more what else it says of itself ({@code et})
 */
record Registration(
    String endpoint,
    String sector,
    long lifetime,
    String base,
    boolean given,
    Map<String, String> more,
    List<Link> links) {
  Registration {
    more = Collections.unmodifiableMap(new TreeMap<>(more));
    links = List.copyOf(links);
  }

  /** The same for the same endpoint at all times: its location. */
  String id() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((sector + "\n" + endpoint).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  Registration at(String newBase, boolean newGiven, long newLifetime) {
    return new Registration(endpoint, sector, newLifetime, newBase, newGiven, more, links);
  }

  /** As an endpoint lookup tells it (RFC 9176, clause 6.4). */
  Link asLink() {
    Link link = new Link("/rd/" + id(), Map.of()).with("ep", endpoint);
    if (!sector.isEmpty()) {
      link = link.with("d", sector);
    }
    link = link.with("base", base).with("lt", Long.toString(lifetime)).with("rt", "core.rd-ep");
    for (Map.Entry<String, String> one : more.entrySet()) {
      link = link.with(one.getKey(), one.getValue());
    }
    return link;
  }

  /** Its resources with whole addresses, as a resource lookup tells them (clause 6.3). */
  List<Link> resources() {
    return links.stream()
        .map(
            link ->
                new Link(
                    link.target().startsWith("/") ? base + link.target() : link.target(),
                    link.attributes()))
        .toList();
  }

  /** As it is kept on disk: itself, and on a second line its links. */
  String text() {
    Link self = asLink().with("given", Boolean.toString(given));
    return self + "\n" + links.stream().map(Link::toString).collect(Collectors.joining(",")) + "\n";
  }

  /**
   * @throws IllegalArgumentException when the text is no registration
   */
  static Registration of(String text) {
    String[] lines = text.split("\n", 2);
    List<Link> self = Link.parse(lines[0], 1);
    if (lines.length < 2 || self.size() != 1) {
      throw new IllegalArgumentException("it has not two lines");
    }
    Map<String, String> said = new TreeMap<>(self.get(0).attributes());
    String endpoint = said.getOrDefault("ep", "");
    String base = said.getOrDefault("base", "");
    String sector = said.getOrDefault("d", "");
    long lifetime = Long.parseLong(said.getOrDefault("lt", ""));
    boolean given = Boolean.parseBoolean(said.getOrDefault("given", ""));
    List.of("ep", "base", "d", "lt", "given", "rt").forEach(said::remove);
    if (endpoint.isEmpty() || base.isEmpty()) {
      throw new IllegalArgumentException("it names no endpoint or no base");
    }
    return new Registration(
        endpoint,
        sector,
        lifetime,
        base,
        given,
        said,
        Link.parse(lines[1].strip(), ResourceDirectory.LINKS));
  }
}
