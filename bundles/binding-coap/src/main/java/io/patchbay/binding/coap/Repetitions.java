package io.patchbay.binding.coap;

import io.patchbay.southbound.DeliveryId;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.eclipse.californium.core.coap.Request;

/**
 * Tells a retransmission from something new by message id and token (RFC 7252, clause 4.5), also
 * across a restart of the hub: only within EXCHANGE_LIFETIME an equal id means the same, and what
 * was received before this began may have been kept by the one before. On one thread.
 */
final class Repetitions {
  /** EXCHANGE_LIFETIME (RFC 7252, clause 4.8.2). */
  static final Duration LIFETIME = Duration.ofSeconds(247);

  /** Requests remembered, as many as the hub remembers deliveries; the oldest is forgotten. */
  private static final int REMEMBERED = 8_192;

  private static final int DIGEST_OCTETS = 18;

  private final LongSupplier nanos;
  private final long begun;
  private final MessageDigest digest;

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
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
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

  private String id(Request last, byte[] payload) {
    InetSocketAddress peer = last.getSourceContext().getPeerAddress();
    digest.update(peer.getAddress().getAddress());
    digest.update(ByteBuffer.allocate(8).putInt(peer.getPort()).putInt(last.getMID()).array());
    digest.update(last.getTokenBytes());
    digest.update(last.getOptions().getUriPathString().getBytes(StandardCharsets.UTF_8));
    byte[] whole = digest.digest(payload);
    return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(whole, DIGEST_OCTETS));
  }
}
