package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.DeliveryId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import org.eclipse.californium.core.coap.Message;

/**
 * Tells a retransmission from something new by message id and token (RFC 7252, clause 4.5) over a
 * restart of the hub; within one run Californium does.
 */
final class Deliveries {
  /** EXCHANGE_LIFETIME (RFC 7252, clause 4.8.2): afterwards an id comes again for something new. */
  private static final Duration LIFETIME = Duration.ofSeconds(247);

  private static final HexFormat HEX = HexFormat.of();

  private final LongSupplier nanos;
  private final long begun;

  Deliveries(LongSupplier nanos) {
    this.nanos = nanos;
    begun = nanos.getAsLong();
  }

  /** Who, which message, and what it said: at most 64 characters, for an IPv6 address. */
  DeliveryId of(Message message) {
    InetSocketAddress peer = message.getSourceContext().getPeerAddress();
    String id =
        HEX.formatHex(peer.getAddress().getAddress())
            + HEX.toHexDigits((short) peer.getPort())
            + HEX.toHexDigits((short) message.getMID())
            + HEX.formatHex(message.getTokenBytes())
            + HEX.toHexDigits(Arrays.hashCode(message.getPayload()));
    boolean compare = nanos.getAsLong() - begun < LIFETIME.toNanos();
    return new DeliveryId(id, compare ? DeliveryId.Kind.UNIQUE : DeliveryId.Kind.FIRST);
  }
}
