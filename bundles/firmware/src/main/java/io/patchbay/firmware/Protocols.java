package io.patchbay.firmware;

import io.patchbay.southbound.FirmwareUpdate;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The protocols that can update firmware, as they come and go. */
final class Protocols {
  private final Map<String, FirmwareUpdate> byScheme = new ConcurrentHashMap<>();
  private final AtomicInteger changes = new AtomicInteger();

  void came(String scheme, FirmwareUpdate protocol) {
    byScheme.put(scheme, protocol);
    changes.incrementAndGet();
  }

  /** Of one that another has replaced already nothing follows. */
  void left(String scheme, FirmwareUpdate protocol) {
    byScheme.remove(scheme, protocol);
    changes.incrementAndGet();
  }

  Optional<FirmwareUpdate> find(String scheme) {
    return Optional.ofNullable(byScheme.get(scheme));
  }

  /** Grows whenever one comes or goes. */
  int changes() {
    return changes.get();
  }
}
