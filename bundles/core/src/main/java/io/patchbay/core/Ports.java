package io.patchbay.core;

import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.Protocol;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The protocols that run now, and their ways down. They come and go with their bundles. */
final class Ports {
  private final Map<String, Protocol> protocols = new ConcurrentHashMap<>();
  private final Map<String, DownlinkPort> downlinks = new ConcurrentHashMap<>();

  Optional<Protocol> protocol(String scheme) {
    return Optional.ofNullable(protocols.get(scheme));
  }

  Optional<DownlinkPort> downlink(String scheme) {
    return Optional.ofNullable(downlinks.get(scheme));
  }

  Set<String> schemes() {
    return Set.copyOf(protocols.keySet());
  }

  void add(Protocol protocol) {
    protocols.put(protocol.scheme(), protocol);
  }

  /** False when another one has taken its place: a new bundle may come before the old one goes. */
  boolean remove(Protocol protocol) {
    return protocols.values().removeIf(present -> present == protocol);
  }

  void add(String scheme, DownlinkPort port) {
    downlinks.put(scheme, port);
  }

  boolean remove(String scheme, DownlinkPort port) {
    return downlinks.computeIfPresent(scheme, (name, present) -> present == port ? null : present)
        == null;
  }
}
