package io.patchbay.camel.osgi;

import io.patchbay.camel.hub.Hub;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.util.tracker.ServiceTracker;

/** The hub's services as one bundle finds and provides them. */
final class OsgiHub implements Hub, AutoCloseable {
  private final BundleContext context;

  /** One for each type that endpoints ask for while messages pass. */
  private final Map<Class<?>, ServiceTracker<?, ?>> trackers = new ConcurrentHashMap<>();

  OsgiHub(BundleContext context) {
    this.context = context;
  }

  @Override
  public <S> Optional<S> find(Class<S> service) {
    ServiceTracker<?, ?> tracker = trackers.get(service);
    if (tracker == null) {
      tracker = trackers.computeIfAbsent(service, this::tracker);
    }
    return Optional.ofNullable(service.cast(tracker.getService()));
  }

  private ServiceTracker<?, ?> tracker(Class<?> service) {
    ServiceTracker<?, ?> tracker = new ServiceTracker<>(context, service, null);
    tracker.open();
    return tracker;
  }

  @Override
  public <S> Binding follow(Class<S> service, Consumer<Optional<S>> follower) {
    Follower<S> tracker = new Follower<>(context, service, follower);
    tracker.open();
    tracker.tellWhenNone();
    return once(tracker::close);
  }

  @Override
  public <S> Binding provide(Class<S> type, S service, Map<String, String> properties) {
    ServiceRegistration<S> registration =
        context.registerService(type, service, FrameworkUtil.asDictionary(properties));
    return once(registration::unregister);
  }

  private static Binding once(Runnable close) {
    AtomicBoolean closed = new AtomicBoolean();
    return () -> {
      if (closed.compareAndSet(false, true)) {
        try {
          close.run();
        } catch (IllegalStateException e) {
          // Its bundle stopped first, and with that it is gone already.
        }
      }
    };
  }

  @Override
  public void close() {
    trackers.values().forEach(ServiceTracker::close);
    trackers.clear();
  }

  /** Keeps the services of one type by rank and tells which is the best. */
  private static final class Follower<S> extends ServiceTracker<S, S> {
    private final TreeMap<ServiceReference<S>, S> services =
        new TreeMap<>(Comparator.reverseOrder());
    private final Consumer<Optional<S>> follower;
    private Optional<S> told = Optional.empty();
    private boolean toldOnce;

    Follower(BundleContext context, Class<S> service, Consumer<Optional<S>> follower) {
      super(context, service, null);
      this.follower = follower;
    }

    @Override
    public @Nullable S addingService(ServiceReference<S> reference) {
      S service = super.addingService(reference);
      if (service != null) {
        synchronized (services) {
          services.put(reference, service);
          tell();
        }
      }
      return service;
    }

    @Override
    public void removedService(ServiceReference<S> reference, S service) {
      synchronized (services) {
        services.remove(reference);
        tell();
      }
      super.removedService(reference, service);
    }

    void tellWhenNone() {
      synchronized (services) {
        if (!toldOnce) {
          tell();
        }
      }
    }

    private void tell() {
      Optional<S> best =
          services.isEmpty() ? Optional.empty() : Optional.of(services.firstEntry().getValue());
      if (!toldOnce || !best.equals(told)) {
        toldOnce = true;
        told = best;
        follower.accept(best);
      }
    }
  }
}
