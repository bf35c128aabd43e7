package io.patchbay.journal.sqlite;

import io.patchbay.store.Journal.CommitListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** Fetches the listeners to commits when they are first called, and lets go of those that went. */
final class Listeners {
  private final BundleContext context;
  private final Map<ServiceReference<CommitListener>, CommitListener> fetched = new HashMap<>();
  private List<ServiceReference<CommitListener>> seen = List.of();
  private List<CommitListener> current = List.of();

  Listeners(BundleContext context) {
    this.context = context;
  }

  synchronized List<CommitListener> of(List<ServiceReference<CommitListener>> references) {
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
    List<CommitListener> all = new ArrayList<>();
    boolean complete = true;
    for (ServiceReference<CommitListener> reference : references) {
      CommitListener listener = fetched.get(reference);
      if (listener == null) {
        listener = context.getService(reference);
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

  synchronized void release() {
    fetched.keySet().forEach(context::ungetService);
    fetched.clear();
  }
}
