package io.patchbay.broker;

import io.patchbay.access.DeviceCredentials.DeviceCredential;
import java.io.Serial;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.activemq.artemis.spi.core.security.jaas.UserPrincipal;

/** Who is on a connection; Artemis wants its own type of principal. */
final class Login extends UserPrincipal {
  @Serial private static final long serialVersionUID = 1L;

  private static final int MOST_REMEMBERED = 256;

  private final transient DeviceCredential credential;

  /** Topics that the rules were found to allow; beyond so many they are looked up each time. */
  private final transient Set<String> allowed = ConcurrentHashMap.newKeySet();

  private final String clientId;
  private final boolean hub;
  private final long version;

  /**
   * @param version of the credential when it was checked
   */
  Login(DeviceCredential credential, String clientId, boolean hub, long version) {
    super(credential.user());
    this.credential = credential;
    this.clientId = clientId;
    this.hub = hub;
    this.version = version;
  }

  /** Whether the rules allow to publish to the topic. */
  boolean mayPublish(String topic) {
    if (allowed.contains(topic)) {
      return true;
    }
    boolean may = TopicFilters.allowPublish(credential.publish(), topic);
    if (may && allowed.size() < MOST_REMEMBERED) {
      allowed.add(topic);
    }
    return may;
  }

  DeviceCredential credential() {
    return credential;
  }

  String clientId() {
    return clientId;
  }

  boolean hub() {
    return hub;
  }

  long version() {
    return version;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
