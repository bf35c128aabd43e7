package io.patchbay.journal.sqlite;

import io.patchbay.store.Journal.CommitListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** Fetches the listeners to commits when they are first called, and lets go of those that went. */
final class Listeners {
  /**
   * One of them.
   *
   * @param subscription whose news alone it wants; empty for every commit
   */
  record Listener(String subscription, CommitListener told) {}

  private final BundleContext context;
  private final Map<ServiceReference<CommitListener>, Listener> fetched = new HashMap<>();
  private List<ServiceReference<CommitListener>> seen = List.of();
  private List<Listener> current = List.of();

  Listeners(BundleContext context) {
    this.context = context;
  }

  synchronized List<Listener> of(List<ServiceReference<CommitListener>> references) {
    if (references == seen) {
      return current;
    }
    fetched
        .keySet()
        .removeIf(
            reference -> {
              boolean gone = !references.contains(reference);
              if (gone) {
                context.ungetService(reference);
              }
              return gone;
            });
    List<Listener> all = new ArrayList<>();
    boolean complete = true;
    for (ServiceReference<CommitListener> reference : references) {
      Listener listener = fetched.get(reference);
      if (listener == null) {
        listener = fetch(reference);
      }
      if (listener == null) {
        // Still coming up: asked again at the next commit.
        complete = false;
      } else {
        fetched.put(reference, listener);
        all.add(listener);
      }
    }
    if (complete) {
      seen = references;
    }
    current = all;
    return all;
  }

  private @Nullable Listener fetch(ServiceReference<CommitListener> reference) {
    CommitListener told = context.getService(reference);
    String subscription = reference.getProperty("subscription") instanceof String name ? name : "";
    return told == null ? null : new Listener(subscription, told);
  }

  synchronized void release() {
    fetched.keySet().forEach(context::ungetService);
    fetched.clear();
  }
}
