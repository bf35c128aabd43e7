package io.patchbay.binding.lwm2m;

import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered.Admission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.leshan.server.registration.Registration;

/**
 * Ends registration and session of devices whose things were retired or refused. They may ask to
 * register, and are told no.
 */
final class OutOfService {
  private static final int PAGE = 1_000;
  private static final List<Admission> OUT = List.of(Admission.RETIRED, Admission.REJECTED);

  private final Things things;
  private final Registry registry;
  private final Access access;
  private final Devices devices;

  OutOfService(Things things, Registry registry, Access access, Devices devices) {
    this.things = things;
    this.registry = registry;
    this.access = access;
    this.devices = devices;
  }

  /** To be called every second. */
  void look() {
    if (registry.size() == 0) {
      return;
    }
    for (Admission admission : OUT) {
      String after = "";
      do {
        Things.Page page =
            things.list(
                new Things.Query(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(admission),
                    Map.of(),
                    after,
                    PAGE));
        page.things().forEach(this::end);
        after = page.next();
      } while (!after.isEmpty());
    }
  }

  private void end(ThingState state) {
    Registration registration =
        Who.endpoint(state.registered().thing())
            .map(registry::getRegistrationByEndpoint)
            .orElse(null);
    if (registration != null && registry.removeRegistration(registration.getId()) != null) {
      devices.endedByHub(registration);
      access.end(registration);
    }
  }
}
