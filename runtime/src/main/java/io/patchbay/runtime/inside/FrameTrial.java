package io.patchbay.runtime.inside;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.util.tracker.ServiceTracker;

/** Asks the room that knows profiles to show what frames become, when it is there. */
final class FrameTrial implements BiPredicate<List<String>, Consumer<String>> {
  private static final long PATIENCE_SECONDS = 10;

  private final BundleContext context;

  FrameTrial(BundleContext context) {
    this.context = context;
  }

  @Override
  @SuppressWarnings("unchecked")
  public boolean test(List<String> words, Consumer<String> print) {
    ServiceTracker<Object, Object> tracker;
    try {
      tracker =
          new ServiceTracker<>(context, context.createFilter("(patchbay.role=try-profile)"), null);
    } catch (InvalidSyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
    tracker.open();
    try {
      Object trials = tracker.waitForService(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      if (trials == null) {
        throw new IllegalStateException(
            "Nobody can try a profile. " + new Diagnosis(context).get());
      }
      return ((BiPredicate<List<String>, Consumer<String>>) trials).test(words, print);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Trying was interrupted.", interrupted);
    } finally {
      tracker.close();
    }
  }
}
