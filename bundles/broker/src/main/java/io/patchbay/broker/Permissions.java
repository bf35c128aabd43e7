package io.patchbay.broker;

import java.util.Set;
import javax.security.auth.Subject;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.security.CheckType;
import org.apache.activemq.artemis.core.security.SecurityAuth;
import org.apache.activemq.artemis.core.security.SecurityStore;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;
import org.jspecify.annotations.Nullable;

/**
 * Artemis' permissions, with a short way for what is asked with every message: whether this login
 * may publish to that topic. Artemis alone would digest the password each time.
 */
final class Permissions implements SecurityStore {
  private final SecurityStore artemis;
  private final BrokerSecurity security;
  private final Sending sending;

  /** Told of each topic before a message that is permitted is sent there. */
  @FunctionalInterface
  interface Sending {
    void to(SimpleString topic) throws Exception;
  }

  Permissions(SecurityStore artemis, BrokerSecurity security, Sending sending) {
    this.artemis = artemis;
    this.security = security;
    this.sending = sending;
  }

  @Override
  public void check(SimpleString address, CheckType type, SecurityAuth session) throws Exception {
    if (!maySend(address, type, session)) {
      artemis.check(address, type, session);
    }
    if (type == CheckType.SEND) {
      sending.to(address);
    }
  }

  @Override
  public void check(
      SimpleString address, @Nullable SimpleString queue, CheckType type, SecurityAuth session)
      throws Exception {
    if (queue != null || !maySend(address, type, session)) {
      artemis.check(address, queue, type, session);
    }
    if (type == CheckType.SEND) {
      sending.to(address);
    }
  }

  private boolean maySend(SimpleString address, CheckType type, SecurityAuth session) {
    RemotingConnection connection = session.getRemotingConnection();
    return type == CheckType.SEND
        && connection != null
        && security.authorize(connection.getSubject(), Set.of(), type, address.toString());
  }

  @Override
  public boolean hasPermission(
      SimpleString address, @Nullable SimpleString queue, CheckType type, SecurityAuth session)
      throws Exception {
    return artemis.hasPermission(address, queue, type, session);
  }

  @Override
  public String authenticate(String user, String password, RemotingConnection connection)
      throws Exception {
    return artemis.authenticate(user, password, connection);
  }

  @Override
  public String authenticate(
      String user, String password, RemotingConnection connection, String domain) throws Exception {
    return artemis.authenticate(user, password, connection, domain);
  }

  @Override
  public Subject getSessionSubject(SecurityAuth session) {
    return artemis.getSessionSubject(session);
  }

  @Override
  public boolean isSecurityEnabled() {
    return artemis.isSecurityEnabled();
  }

  @Override
  public void setSecurityEnabled(boolean enabled) {
    artemis.setSecurityEnabled(enabled);
  }

  @Override
  public void stop() {
    artemis.stop();
  }

  @Override
  public long getAuthenticationSuccessCount() {
    return artemis.getAuthenticationSuccessCount();
  }

  @Override
  public long getAuthenticationFailureCount() {
    return artemis.getAuthenticationFailureCount();
  }

  @Override
  public long getAuthorizationSuccessCount() {
    return artemis.getAuthorizationSuccessCount();
  }

  @Override
  public long getAuthorizationFailureCount() {
    return artemis.getAuthorizationFailureCount();
  }
}
