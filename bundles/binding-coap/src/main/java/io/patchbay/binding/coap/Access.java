package io.patchbay.binding.coap;

import java.util.Optional;
import org.eclipse.californium.elements.EndpointContext;

/** Who may use what. */
interface Access {
  /** What somebody wants. */
  enum Use {
    /** To post to a path. */
    POST,
    /** To read what is told north, by its MQTT topic. */
    READ,
    /** To register an endpoint, by its name. */
    REGISTER,
    /** To know what there is. */
    LOOK
  }

  /**
   * Why not.
   *
   * @param known whether the peer has said who it is: then it is forbidden, otherwise unauthorized
   */
  record Refusal(boolean known, String detail) {}

  /**
   * @param what path, topic or name
   */
  Optional<Refusal> refusal(EndpointContext peer, Use use, String what);

  /** Peers that say nothing of themselves are let in when they are on this machine. */
  Access ANONYMOUS =
      (peer, use, what) ->
          peer.getPeerAddress().getAddress().isLoopbackAddress()
              ? Optional.empty()
              : Optional.of(
                  new Refusal(
                      false, "without DTLS only devices on the hub's own machine are let in"));
}
