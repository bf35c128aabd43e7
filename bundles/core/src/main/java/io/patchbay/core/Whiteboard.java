package io.patchbay.core;

import io.patchbay.southbound.DownlinkPort;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.Protocol;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches protocols come and go, while core stays as it is. It looks on a thread of its own: a
 * binding may need core's services to come up, and core would wait for itself.
 */
final class Whiteboard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Whiteboard.class);

  private final ServiceTracker<Protocol, Protocol> protocols;
  private final ServiceTracker<DownlinkPort, DownlinkPort> downlinks;
  private final ServiceTracker<InterestListener, InterestListener> listeners;
  private boolean closed;

  Whiteboard(BundleContext context, Hub hub, Executor looking) {
    protocols =
        track(
            context,
            Protocol.class,
            (scheme, protocol) -> hub.add(protocol),
            (scheme, protocol) -> hub.remove(protocol));
    downlinks =
        track(
            context,
            DownlinkPort.class,
            (scheme, port) -> hub.add(scheme, port),
            (scheme, port) -> hub.remove(scheme, port));
    listeners =
        track(
            context,
            InterestListener.class,
            (scheme, listener) -> hub.listen(scheme, listener),
            (scheme, listener) -> hub.ignore(listener));
    looking.execute(this::open);
  }

  private synchronized void open() {
    if (!closed) {
      protocols.open();
      downlinks.open();
      listeners.open();
    }
  }

  private static <S> ServiceTracker<S, S> track(
      BundleContext context,
      Class<S> type,
      BiConsumer<String, S> added,
      BiConsumer<String, S> removed) {
    return new ServiceTracker<>(
        context,
        type,
        new ServiceTrackerCustomizer<S, S>() {
          @Override
          public S addingService(ServiceReference<S> reference) {
            S service = context.getService(reference);
            if (service != null) {
              attempt(reference, service, added);
            }
            return service;
          }

          @Override
          public void modifiedService(ServiceReference<S> reference, S service) {}

          @Override
          public void removedService(ServiceReference<S> reference, S service) {
            attempt(reference, service, removed);
            context.ungetService(reference);
          }
        });
  }

  /** A protocol that fails must not take another one's tracker with it. */
  private static <S> void attempt(
      ServiceReference<S> reference, S service, BiConsumer<String, S> action) {
    Object scheme = reference.getProperty(DownlinkPort.SCHEME);
    if (!(scheme instanceof String) && !(service instanceof Protocol)) {
      LOG.warn("{} is ignored: it needs the service property {}", reference, DownlinkPort.SCHEME);
      return;
    }
    try {
      action.accept(String.valueOf(scheme), service);
    } catch (RuntimeException e) {
      LOG.error("{} could not be taken into service", reference, e);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    listeners.close();
    downlinks.close();
    protocols.close();
  }
}
