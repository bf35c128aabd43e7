package io.patchbay.dtls;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.dtls.DTLSSession;

/** Ends DTLS sessions: the device is told (close_notify), and forgotten a moment later. */
public final class Sessions {
  private final Iterable<DTLSConnector> open;

  /** Each session has a principal of its own. */
  private final Set<Principal> ended =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /**
   * @param open looked at with every call; may change
   */
  public Sessions(Iterable<DTLSConnector> open) {
    this.open = open;
  }

  /** Ends those whose credential is gone, or is another now. */
  public void endFallen() {
    end(peer -> Shown.of(peer).map(shown -> !shown.stands().getAsBoolean()).orElse(true));
  }

  /** Ends the sessions of somebody. */
  public void end(String identity) {
    end(peer -> Shown.of(peer).map(shown -> shown.identity().equals(identity)).orElse(false));
  }

  private void end(Predicate<Principal> gone) {
    for (DTLSConnector connector : open) {
      try {
        var unused =
            connector.startForEach(
                connection -> {
                  DTLSSession session = connection.getSession();
                  Principal peer = session == null ? null : session.getPeerIdentity();
                  InetSocketAddress address = connection.getPeerAddress();
                  if (peer != null && gone.test(peer)) {
                    ended.add(peer);
                    if (address != null) {
                      connector.close(address);
                    }
                  }
                  return false;
                });
      } catch (RejectedExecutionException e) {
        // it was closed, and its sessions with it
      }
    }
  }

  /** To be called every second or two: those whose device has been told are forgotten. */
  public void forget() {
    Set<Principal> told = Collections.newSetFromMap(new IdentityHashMap<>());
    synchronized (ended) {
      told.addAll(ended);
      ended.clear();
    }
    if (told.isEmpty()) {
      return;
    }
    for (DTLSConnector connector : open) {
      var unused = connector.startTerminateConnectionsForPrincipal(told::contains);
    }
  }
}
