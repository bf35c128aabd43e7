package io.patchbay.binding.coap;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Secrets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Secrets and rights of devices, in memory. */
final class FakeStore implements Secrets, DeviceCredentials {
  private final Map<String, String> secrets = new ConcurrentHashMap<>();
  private final Map<String, DeviceCredential> credentials = new ConcurrentHashMap<>();

  Keys keys() {
    return new Keys(this, this);
  }

  void allow(String user, String... publish) {
    credentials.put(user, new DeviceCredential(user, List.of(publish), List.of(), false));
  }

  @Override
  public Optional<String> find(String name) {
    return Optional.ofNullable(secrets.get(name));
  }

  @Override
  public void put(String name, String secret) {
    secrets.put(name, secret);
  }

  @Override
  public boolean remove(String name) {
    return secrets.remove(name) != null || credentials.remove(name) != null;
  }

  @Override
  public List<String> names() {
    return List.copyOf(secrets.keySet());
  }

  @Override
  public Optional<DeviceCredential> verify(String user, String password, boolean fromLoopback) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void put(DeviceCredential credential, String password) {
    credentials.put(credential.user(), credential);
  }

  @Override
  public List<DeviceCredential> list() {
    return List.copyOf(credentials.values());
  }

  @Override
  public Login hub() {
    throw new UnsupportedOperationException();
  }
}
