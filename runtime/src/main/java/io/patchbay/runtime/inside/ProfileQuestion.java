package io.patchbay.runtime.inside;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.util.tracker.ServiceTracker;

/** Asks the room that knows profiles what becomes of frames, when it is there. */
final class ProfileQuestion implements BiPredicate<List<String>, Consumer<String>> {
  private static final long PATIENCE_SECONDS = 10;

  private final BundleContext context;
  private final String role;

  /**
   * @param role of the service that answers
   */
  ProfileQuestion(BundleContext context, String role) {
    this.context = context;
    this.role = role;
  }

  @Override
  @SuppressWarnings("unchecked")
  public boolean test(List<String> words, Consumer<String> print) {
    ServiceTracker<Object, Object> tracker;
    try {
      tracker =
          new ServiceTracker<>(context, context.createFilter("(patchbay.role=" + role + ")"), null);
    } catch (InvalidSyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
    tracker.open();
    try {
      Object trials = tracker.waitForService(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      if (trials == null) {
        throw new IllegalStateException(
            "Nobody answers " + role + ". " + new Diagnosis(context).get());
      }
      return ((BiPredicate<List<String>, Consumer<String>>) trials).test(words, print);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(role + " was interrupted.", interrupted);
    } finally {
      tracker.close();
    }
  }
}
