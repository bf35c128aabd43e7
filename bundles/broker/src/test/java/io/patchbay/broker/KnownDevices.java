package io.patchbay.broker;

import io.patchbay.access.DeviceCredentials;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Credentials in memory, of which the password is {@code secret-} and the user. */
final class KnownDevices implements DeviceCredentials {
  private final Map<String, DeviceCredential> known = new ConcurrentHashMap<>();
  private final Login hub = new Login("patchbay-hub", "secret-patchbay-hub");

  static String password(String user) {
    return "secret-" + user;
  }

  KnownDevices with(String user, List<String> publish, List<String> subscribe) {
    known.put(user, new DeviceCredential(user, publish, subscribe, true));
    return this;
  }

  @Override
  public Optional<DeviceCredential> verify(String user, String password, boolean fromLoopback) {
    if (!password.equals(password(user)) || !fromLoopback) {
      return Optional.empty();
    }
    return user.equals(hub.user())
        ? Optional.of(new DeviceCredential(user, List.of("#"), List.of("#"), true))
        : Optional.ofNullable(known.get(user));
  }

  @Override
  public void put(DeviceCredential credential, String password) {
    known.put(credential.user(), credential);
  }

  @Override
  public boolean remove(String user) {
    return Objects.nonNull(known.remove(user));
  }

  @Override
  public List<DeviceCredential> list() {
    return List.copyOf(known.values());
  }

  @Override
  public Login hub() {
    return hub;
  }
}
