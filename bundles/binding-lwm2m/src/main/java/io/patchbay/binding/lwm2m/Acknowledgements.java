package io.patchbay.binding.lwm2m;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.EmptyMessage;
import org.eclipse.californium.core.coap.Message;
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
import org.eclipse.californium.elements.EndpointContextMatcher;
import org.eclipse.californium.elements.config.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * Confirmable notifications (RFC 7641, clause 4.5) are acknowledged when what they say is kept, and
 * not when they come: a device whose hub ends in between sends again. Californium's own stack, with
 * a reliability layer that lets whoever takes a notification say when.
 */
final class Acknowledgements implements CoapStackFactory {
  /** Notifications that wait; of the oldest a repetition is acknowledged. */
  private static final int WAITING = 16_384;

  /** How each that waits is acknowledged. */
  private final Map<KeyMID, Runnable> waiting =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<KeyMID, Runnable> eldest) {
          return size() > WAITING;
        }
      };

  private final Set<KeyMID> taken = new HashSet<>();

  private static KeyMID key(Message message) {
    return new KeyMID(message.getMID(), message.getSourceContext().getPeerAddress());
  }

  /**
   * Takes a notification, on the thread that brings it.
   *
   * @return to be run when it is kept, by any thread; never, and the device sends it again
   */
  Runnable later(Response notification) {
    KeyMID key = key(notification);
    synchronized (waiting) {
      if (!waiting.containsKey(key)) {
        return () -> {}; // not confirmable, or in blocks
      }
      boolean unused = taken.add(key);
    }
    return () -> acknowledge(key);
  }

  private void acknowledge(KeyMID key) {
    Runnable answer;
    synchronized (waiting) {
      taken.remove(key);
      answer = waiting.remove(key);
    }
    if (answer != null) {
      answer.run();
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

    @Override
    public void receiveResponse(Exchange exchange, Response response) {
      if (response.getType() != CoAP.Type.CON || !response.isNotification()) {
        super.receiveResponse(exchange, response);
        return;
      }
      KeyMID key = key(response);
      synchronized (waiting) {
        if (waiting.containsKey(key)) {
          return; // it came again, and is not kept yet
        }
      }
      arriving = response.isDuplicate() ? null : key;
      super.receiveResponse(exchange, response);
      arriving = null;
      boolean wanted;
      synchronized (waiting) {
        wanted = taken.contains(key);
      }
      if (!wanted) {
        acknowledge(key);
      }
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
      synchronized (waiting) {
        waiting.put(key, () -> thread.execute(() -> super.sendEmptyMessage(exchange, message)));
      }
    }
  }
}
