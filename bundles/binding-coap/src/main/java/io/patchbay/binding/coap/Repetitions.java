package io.patchbay.binding.coap;

import io.patchbay.southbound.DeliveryId;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.elements.EndpointContext;

/**
 * Tells a retransmission from something new by message id and token (RFC 7252, clause 4.5), also
 * across a restart of the hub: only within EXCHANGE_LIFETIME an equal id means the same, and what
 * was received before this began may have been kept by the one before. On one thread.
 */
final class Repetitions {
  /** EXCHANGE_LIFETIME (RFC 7252, clause 4.8.2). */
  static final Duration LIFETIME = Duration.ofSeconds(247);

  /** Requests remembered beyond those that the endpoint does; the oldest is forgotten. */
  private static final int REMEMBERED = 4_096;

  private static final HexFormat HEX = HexFormat.of();

  private final LongSupplier nanos;
  private final long begun;

  private final Map<String, Long> seen =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > REMEMBERED;
        }
      };

  Repetitions(LongSupplier nanos) {
    this.nanos = nanos;
    begun = nanos.getAsLong();
  }

  /**
   * @param last the message that completed the request: the request itself, or its last block
   */
  DeliveryId delivery(Request last, byte[] payload) {
    String id = id(last, payload);
    long now = nanos.getAsLong();
    Long before = seen.get(id);
    boolean compare = now - (before == null ? begun : before) < LIFETIME.toNanos();
    if (before == null || !compare) {
      seen.remove(id);
      seen.put(id, now);
    }
    return new DeliveryId(id, compare ? DeliveryId.Kind.UNIQUE : DeliveryId.Kind.FIRST);
  }

  /** Who, which message, and what it said: at most 64 characters, for an IPv6 address. */
  private static String id(Request last, byte[] payload) {
    int said = 31 * Arrays.hashCode(payload) + last.getOptions().getUriPathString().hashCode();
    return sender(last.getSourceContext())
        + HEX.toHexDigits((short) last.getMID())
        + HEX.formatHex(last.getTokenBytes())
        + HEX.toHexDigits(said);
  }

  /** Over DTLS a device may come from another address while it sends again (RFC 9146). */
  private static String sender(EndpointContext peer) {
    Principal known = peer.getPeerIdentity();
    InetSocketAddress address = peer.getPeerAddress();
    return known == null
        ? HEX.formatHex(address.getAddress().getAddress())
            + HEX.toHexDigits((short) address.getPort())
        : HEX.toHexDigits(known.getName().hashCode()) + "~" + known.getName().length();
  }
}
