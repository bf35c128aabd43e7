package io.patchbay.access;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What devices log in with; only salted digests of their passwords are kept. */
public interface DeviceCredentials {
  /** Always slow in the same way, whether the user exists or not. */
  Optional<DeviceCredential> verify(String user, String password, boolean fromLoopback);

  /** Creates or replaces. */
  void put(DeviceCredential credential, String password) throws IOException;

  /** False when there is none. */
  boolean remove(String user) throws IOException;

  List<DeviceCredential> list();

  /**
   * The credential with which the hub's own clients log in to its own broker: made anew at every
   * start, never written down, good on loopback only.
   */
  Login hub();

  /**
   * @param publish MQTT topic filters it may publish to
   * @param subscribe MQTT topic filters it may subscribe to
   */
  record DeviceCredential(
      String user, List<String> publish, List<String> subscribe, boolean loopbackOnly) {
    public DeviceCredential {
      publish = List.copyOf(publish);
      subscribe = List.copyOf(subscribe);
    }
  }

  record Login(String user, String password) {
    @Override
    public String toString() {
      return user + ":…";
    }
  }

  /** Whiteboard service: ends the sessions of a credential that was removed or replaced. */
  interface Listener {
    void changed(String user);
  }
}
