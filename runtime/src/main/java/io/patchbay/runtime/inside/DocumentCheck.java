package io.patchbay.runtime.inside;

import io.patchbay.operation.Documents;
import io.patchbay.operation.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
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

  /** Prints every finding; false when one is an error. Both kinds are checked at the same time. */
  @Override
  public boolean test(List<Path> paths, Consumer<String> print) {
    FutureTask<Collection<Finding>> routes = new FutureTask<>(() -> findings("route", paths));
    Thread beside = new Thread(routes, "patchbay-check-routes");
    beside.setDaemon(true);
    beside.start();
    List<Finding> all = new ArrayList<>(findings("profile", paths));
    all.addAll(result(routes));
    all.forEach(finding -> print.accept(finding.toString()));
    return all.stream().noneMatch(finding -> finding.severity() == Finding.Severity.ERROR);
  }

  private static Collection<Finding> result(Future<Collection<Finding>> task) {
    try {
      return task.get();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Checking was interrupted.", interrupted);
    }
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
