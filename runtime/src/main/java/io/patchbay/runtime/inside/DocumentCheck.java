package io.patchbay.runtime.inside;

import io.patchbay.operation.Documents;
import io.patchbay.operation.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.util.tracker.ServiceTracker;

/** Asks the rooms that know profiles and routes what they think of files. */
final class DocumentCheck implements BiPredicate<List<Path>, Consumer<String>> {
  private static final long PATIENCE_SECONDS = 10;

  private final BundleContext context;

  DocumentCheck(BundleContext context) {
    this.context = context;
  }

  /** Prints every finding; false when one is an error. */
  @Override
  public boolean test(List<Path> paths, Consumer<String> print) {
    boolean clean = true;
    for (String kind : List.of("profile", "route")) {
      for (Finding finding : findings(kind, paths)) {
        print.accept(finding.toString());
        clean &= finding.severity() != Finding.Severity.ERROR;
      }
    }
    return clean;
  }

  private Collection<Finding> findings(String kind, List<Path> paths) {
    ServiceTracker<Documents, Documents> tracker = tracker(kind);
    tracker.open();
    try {
      Documents documents = tracker.waitForService(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
      if (documents == null) {
        throw new IllegalStateException(
            "Nobody can check a " + kind + ". " + new Diagnosis(context).get());
      }
      return documents.check(paths);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Checking was interrupted.", interrupted);
    } finally {
      tracker.close();
    }
  }

  private ServiceTracker<Documents, Documents> tracker(String kind) {
    try {
      String filter =
          String.format(
              "(&(objectClass=%s)(%s=%s))", Documents.class.getName(), Documents.KIND, kind);
      return new ServiceTracker<>(context, context.createFilter(filter), null);
    } catch (InvalidSyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
