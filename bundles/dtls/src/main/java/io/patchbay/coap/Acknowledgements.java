package io.patchbay.coap;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.EmptyMessage;
import org.eclipse.californium.core.coap.Message;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapStackFactory;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.network.KeyMID;
import org.eclipse.californium.core.network.Outbox;
import org.eclipse.californium.core.network.stack.BaseCoapStack;
import org.eclipse.californium.core.network.stack.BlockwiseLayer;
import org.eclipse.californium.core.network.stack.CoapStack;
import org.eclipse.californium.core.network.stack.ExchangeCleanupLayer;
import org.eclipse.californium.core.network.stack.Layer;
import org.eclipse.californium.core.network.stack.ObserveLayer;
import org.eclipse.californium.core.network.stack.ReliabilityLayer;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.EndpointContextMatcher;
import org.eclipse.californium.elements.config.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confirmable notifications (RFC 7641, clause 4.5) are acknowledged when what they say is kept, and
 * not when they come: a device whose hub ends in between sends again. Californium's own stack, with
 * a reliability layer that lets whoever takes a notification say when.
 */
public final class Acknowledgements implements CoapStackFactory {
  private static final Logger LOG = LoggerFactory.getLogger(Acknowledgements.class);

  /** Notifications that wait; of the oldest a repetition is acknowledged. */
  private static final int WAITING = 16_384;

  /** EXCHANGE_LIFETIME (RFC 7252, clause 4.8.2): afterwards an id comes again for something new. */
  private static final long LIFETIME = TimeUnit.SECONDS.toNanos(247);

  /** One that waits. */
  private final class Held {
    private final KeyMID key;
    private final Runnable answer;
    private final long since = nanos.getAsLong();
    private boolean taken;

    private Held(KeyMID key, Runnable answer) {
      this.key = key;
      this.answer = answer;
    }

    private void acknowledge() {
      synchronized (waiting) {
        if (!waiting.remove(key, this)) {
          return;
        }
      }
      try {
        answer.run();
      } catch (RejectedExecutionException e) {
        LOG.debug("The binding has stopped: it comes again, and is known by its delivery", e);
      }
    }
  }

  private final LongSupplier nanos;

  private final Map<KeyMID, Held> waiting =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<KeyMID, Held> eldest) {
          return size() > WAITING;
        }
      };

  public Acknowledgements() {
    this(System::nanoTime);
  }

  /**
   * @param nanos a clock that never goes back
   */
  Acknowledgements(LongSupplier nanos) {
    this.nanos = nanos;
  }

  private static KeyMID key(Message message) {
    return new KeyMID(message.getMID(), message.getSourceContext().getPeerAddress());
  }

  /**
   * Takes a notification, on the thread that brings it.
   *
   * @return to be run when it is kept, by any thread; never, and the device sends it again
   */
  public Runnable later(Response notification) {
    synchronized (waiting) {
      Held held = waiting.get(key(notification));
      if (held == null) {
        return () -> {}; // not confirmable, or in blocks
      }
      held.taken = true;
      return held::acknowledge;
    }
  }

  /** Keeps an acknowledgement until somebody says that what it is for is kept. */
  void hold(KeyMID key, Runnable answer) {
    synchronized (waiting) {
      waiting.remove(key); // the new one is the youngest
      waiting.put(key, new Held(key, answer));
    }
  }

  /** Whether it waits; what was given up in the meantime does not. */
  boolean waits(KeyMID key) {
    synchronized (waiting) {
      Held held = waiting.get(key);
      return held != null && nanos.getAsLong() - held.since < LIFETIME;
    }
  }

  /** Acknowledges what nobody has taken. */
  void handedUp(KeyMID key) {
    Held held;
    synchronized (waiting) {
      held = waiting.get(key);
    }
    if (held != null && !held.taken) {
      held.acknowledge();
    }
  }

  @Override
  public CoapStack createCoapStack(
      String protocol,
      String tag,
      Configuration configuration,
      EndpointContextMatcher matcher,
      Outbox outbox,
      Object argument) {
    return new Stack(tag, configuration, matcher, outbox);
  }

  private final class Stack extends BaseCoapStack {
    private Stack(
        String tag, Configuration configuration, EndpointContextMatcher matcher, Outbox outbox) {
      super(outbox);
      setLayers(
          new Layer[] {
            new ExchangeCleanupLayer(configuration),
            new ObserveLayer(configuration),
            new BlockwiseLayer(tag, false, configuration, matcher),
            new Reliability(configuration)
          });
    }
  }

  /** Used by the one thread of its endpoint. */
  private final class Reliability extends ReliabilityLayer {
    private @Nullable KeyMID arriving;

    private Reliability(Configuration configuration) {
      super(configuration);
    }

    /**
     * What comes again may come in another DTLS session, when the device began one in between: it
     * is answered there, for nobody reads what goes into the one before.
     */
    @Override
    public void receiveRequest(Exchange exchange, Request request) {
      Response answer = exchange.getCurrentResponse();
      if (request.isDuplicate() && answer != null) {
        EndpointContext from = request.getSourceContext();
        EndpointContext before = exchange.getCurrentRequest().getSourceContext();
        if (!Objects.equals(from.getPeerIdentity(), before.getPeerIdentity())) {
          return; // somebody else has the address now; the answer is not for him
        }
        answer.setEffectiveDestinationContext(from);
      }
      super.receiveRequest(exchange, request);
    }

    @Override
    public void receiveResponse(Exchange exchange, Response response) {
      if (response.getType() != CoAP.Type.CON || !response.isNotification()) {
        super.receiveResponse(exchange, response);
        return;
      }
      KeyMID key = key(response);
      if (waits(key)) {
        return; // it came again, and is not kept yet
      }
      arriving = response.isDuplicate() ? null : key;
      super.receiveResponse(exchange, response);
      arriving = null;
      handedUp(key);
    }

    /** The acknowledgement of what arrives waits. */
    @Override
    public void sendEmptyMessage(Exchange exchange, EmptyMessage message) {
      KeyMID key = arriving;
      if (key == null || message.getType() != CoAP.Type.ACK) {
        super.sendEmptyMessage(exchange, message);
        return;
      }
      arriving = null;
      Executor thread = executor;
      hold(key, () -> thread.execute(() -> super.sendEmptyMessage(exchange, message)));
    }
  }
}
