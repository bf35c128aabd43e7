package io.patchbay.binding.coap;

import java.util.Optional;
import org.eclipse.californium.elements.EndpointContext;

/** Who may use a path. */
interface Access {
  /**
   * Why not.
   *
   * @param known whether the peer has said who it is: then it is forbidden, otherwise unauthorized
   */
  record Refusal(boolean known, String detail) {}

  Optional<Refusal> refusal(EndpointContext peer, String path);

  /** Peers that say nothing of themselves are let in when they are on this machine. */
  Access ANONYMOUS =
      (peer, path) ->
          peer.getPeerAddress().getAddress().isLoopbackAddress()
              ? Optional.empty()
              : Optional.of(
                  new Refusal(
                      false, "without DTLS only devices on the hub's own machine are let in"));
}
