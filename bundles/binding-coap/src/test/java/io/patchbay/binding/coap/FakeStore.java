package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Secrets;
import io.patchbay.northbound.Feed;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Secrets and rights of devices, and what the hub hears, in memory. */
final class FakeStore implements Secrets, DeviceCredentials, Feed {
  private final Map<String, String> secrets = new ConcurrentHashMap<>();
  private final Map<String, DeviceCredential> credentials = new ConcurrentHashMap<>();

  private final List<Receiver> receivers = new CopyOnWriteArrayList<>();

  /** What the hub has heard. */
  void publish(Recorded recorded) {
    receivers.forEach(receiver -> assertThat(receiver.offer(recorded)).isTrue());
  }

  int receivers() {
    return receivers.size();
  }

  @Override
  public Registration open(String name, Selection selection, Receiver receiver) {
    receivers.add(receiver);
    return new Registration() {
      @Override
      public long dropped() {
        return 0;
      }

      @Override
      public void close() {
        receivers.remove(receiver);
      }
    };
  }

  void allow(String user, String... publish) {
    credentials.put(user, new DeviceCredential(user, List.of(publish), List.of(), false));
  }

  void allowReading(String user, String... subscribe) {
    credentials.put(user, new DeviceCredential(user, List.of(), List.of(subscribe), false));
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
