package io.patchbay.coap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.KeyMID;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.junit.jupiter.api.Test;

/** What waits to be acknowledged, and what becomes of what never is. */
final class AcknowledgementsTest {
  private static final InetSocketAddress PEER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 5683);
  private static final KeyMID KEY = new KeyMID(7, PEER);

  private final AtomicLong now = new AtomicLong();
  private final AtomicInteger sent = new AtomicInteger();
  private final Acknowledgements acknowledgements = new Acknowledgements(now::get);

  private static Response notification() {
    Response response = new Response(ResponseCode.CONTENT);
    response.setMID(7);
    response.setSourceContext(new AddressEndpointContext(PEER));
    return response;
  }

  @Test
  void isSentOnceAndWhenItIsKept() {
    acknowledgements.hold(KEY, sent::incrementAndGet);
    Runnable kept = acknowledgements.later(notification());
    acknowledgements.handedUp(KEY);
    assertThat(acknowledgements.waits(KEY)).isTrue();
    assertThat(sent).hasValue(0);

    kept.run();
    kept.run();
    assertThat(sent).hasValue(1);
    assertThat(acknowledgements.waits(KEY)).isFalse();
  }

  @Test
  void whatNobodyTookIsAcknowledgedAtOnce() {
    acknowledgements.hold(KEY, sent::incrementAndGet);
    acknowledgements.handedUp(KEY);
    assertThat(sent).hasValue(1);
  }

  @Test
  void whatWasGivenUpDoesNotStandInTheWayOfTheNextWithItsId() {
    acknowledgements.hold(KEY, sent::incrementAndGet);
    Runnable never = acknowledgements.later(notification());
    now.addAndGet(Duration.ofSeconds(248).toNanos());
    assertThat(acknowledgements.waits(KEY)).isFalse();

    acknowledgements.hold(KEY, () -> sent.addAndGet(100));
    Runnable next = acknowledgements.later(notification());
    never.run();
    assertThat(sent).as("the old one says nothing of the new one").hasValue(0);
    next.run();
    assertThat(sent).hasValue(100);
  }

  @Test
  void whatIsKeptAfterTheEndIsNoFailure() {
    acknowledgements.hold(
        KEY,
        () -> {
          throw new RejectedExecutionException("stopped");
        });
    acknowledgements.later(notification()).run();
    assertThat(acknowledgements.waits(KEY)).isFalse();
  }
}
