package io.patchbay.routes;

import io.patchbay.access.Secrets;
import io.patchbay.camel.StagedContexts;
import io.patchbay.camel.StagedRoutes;
import io.patchbay.operation.Documents.Document;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Metrics.Sample;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes of one id: what is in service, and what became of the newest text. Changed by one
 * thread at a time.
 */
final class RouteFile {
  /** What the newest text came to. */
  enum State {
    ACTIVE,
    /** A component is missing; it starts when that comes. */
    WAITING,
    /** The text is wrong. */
    REFUSED,
    /** The text is right, and did not start. */
    FAILED,
    /** The text says that there shall be no route. */
    DISABLED
  }

  private static final Logger LOG = LoggerFactory.getLogger(RouteFile.class);

  private final String id;
  private final StagedContexts contexts;
  private final MissingComponent missing;
  private final BundleContext bundle;
  private final Demand demand;
  private final RouteCounters counters;
  private final Map<String, String> values;

  private volatile Optional<RunningFile> running = Optional.empty();
  private volatile Optional<RouteSource> newest = Optional.empty();

  /** What was in service when a bundle it needs went. */
  private Optional<RouteSource> lastGood = Optional.empty();

  private volatile State state = State.DISABLED;
  private volatile List<Finding> findings = List.of();

  /**
   * @param values what {@code {{name}}} stands for
   */
  RouteFile(
      String id,
      StagedContexts contexts,
      BundleContext bundle,
      Demand demand,
      Map<String, String> values) {
    this.values = values;
    this.id = id;
    this.demand = demand;
    this.contexts = contexts;
    this.bundle = bundle;
    this.missing = new MissingComponent(bundle);
    this.counters = new RouteCounters(id);
  }

  State state() {
    return state;
  }

  List<Finding> findings() {
    return findings;
  }

  List<Sample> samples() {
    return counters.samples();
  }

  boolean has(RouteSource source) {
    return newest.equals(Optional.of(source));
  }

  /** The text in service, otherwise the newest. */
  Optional<String> text() {
    return running.map(RunningFile::source).or(() -> newest).map(RouteSource::text);
  }

  Document document() {
    Optional<RouteSource> inService = running.map(RunningFile::source);
    return new Document(
        id,
        inService.or(() -> newest).map(RouteSource::title).orElse(id),
        inService.map(RouteSource::version).orElse(""),
        inService.or(() -> newest).map(RouteSource::shipped).orElse(false),
        state.name().toLowerCase(Locale.ROOT),
        findings);
  }

  /** Puts a new text into service; when it cannot be, what is in service stays. */
  void take(RouteSource source) {
    newest = Optional.of(source);
    RouteShape shape = RouteShape.of(source);
    if (shape.disables()) {
      stop();
      lastGood = Optional.empty();
      demand.remove(id);
      say(State.DISABLED, List.of());
      return;
    }
    if (!shape.findings().isEmpty()) {
      say(State.REFUSED, shape.findings());
      return;
    }
    Set<String> coming = new TreeSet<>(demand.put(id, named(source)));
    coming.retainAll(shape.components());
    if (coming.isEmpty()) {
      stage(source);
    } else {
      int line = Findings.line(source, coming.iterator().next() + ":");
      String words = "what brings " + String.join(", ", coming) + " is being started";
      say(
          State.WAITING,
          List.of(new Finding(Finding.Severity.WARNING, source.file(), line, words)));
    }
  }

  /** What the newest text names, and what the one in service does until it is replaced. */
  private Set<String> named(RouteSource source) {
    Set<String> named = new TreeSet<>(RouteShape.of(source).components());
    running.ifPresent(each -> named.addAll(RouteShape.of(each.source()).components()));
    return named;
  }

  private void stage(RouteSource source) {
    StagedRoutes staged;
    try {
      RouteLoader loader =
          new RouteLoader(source, counters, new SecretFunction(() -> secrets(bundle)), values);
      staged = contexts.stage(bundle, "route-" + id, loader);
    } catch (Exception e) {
      Optional<String> component = Findings.missingComponent(e);
      if (component.isPresent()) {
        int line = Findings.line(source, component.get() + ":");
        say(State.WAITING, List.of(Findings.error(source, line, missing.inWords(component.get()))));
      } else if (Findings.missesSecret(e)) {
        say(State.FAILED, List.of(Findings.of(source, e)));
      } else {
        say(State.REFUSED, List.of(Findings.of(source, e)));
      }
      return;
    }
    handOver(source, staged);
  }

  private static Optional<Secrets> secrets(BundleContext bundle) {
    return Optional.ofNullable(bundle.getServiceReference(Secrets.class)).map(bundle::getService);
  }

  /** The new one is built and warm: the old stops taking in, and the new one begins. */
  private void handOver(RouteSource source, StagedRoutes staged) {
    Optional<RunningFile> old = running;
    try {
      if (old.isPresent()) {
        old.get().routes().pause();
      }
      staged.resume();
    } catch (Exception e) {
      staged.close();
      resume(old);
      say(State.FAILED, List.of(Findings.of(source, e)));
      return;
    }
    running = Optional.of(new RunningFile(source, staged));
    lastGood = Optional.empty();
    old.ifPresent(each -> each.routes().close());
    demand.put(id, named(source));
    say(State.ACTIVE, List.of());
  }

  private void resume(Optional<RunningFile> old) {
    try {
      if (old.isPresent()) {
        old.get().routes().resume();
      }
    } catch (Exception e) {
      LOG.error("The previous routes of '{}' did not start again", id, e);
      stop();
    }
  }

  private void say(State now, List<Finding> found) {
    if (now == state && found.equals(findings) && now != State.ACTIVE) {
      return; // tried again, with the same end
    }
    state = now;
    findings = found;
    if (found.isEmpty()) {
      LOG.info("Routes '{}' are {}", id, now.name().toLowerCase(Locale.ROOT));
    } else if (found.get(0).severity() == Finding.Severity.WARNING) {
      LOG.info("Routes '{}': {}", id, found.get(0));
    } else {
      String stays = running.isPresent() ? "; the previous ones stay" : "";
      LOG.warn("Routes '{}': {}{}", id, found.get(0), stays);
    }
  }

  /** Ends what lives on a bundle that is about to go; it begins again when it can. */
  void leave(Bundle going) {
    if (running.map(file -> file.livesOn(going)).orElse(false)) {
      lastGood = running.map(RunningFile::source);
      stop();
    }
  }

  /** Builds anew what a changed bundle has left behind, or made possible. */
  void review() {
    Optional<RouteSource> wanted = newest;
    if (running.map(RunningFile::stale).orElse(false)) {
      lastGood = running.map(RunningFile::source);
      stop();
    } else if (lastGood.isEmpty() && state != State.WAITING && state != State.FAILED) {
      return;
    }
    if (!lastGood.equals(wanted)) {
      lastGood.ifPresent(this::take);
    }
    wanted.ifPresent(this::take);
  }

  /** Forgets a newest text that was refused: it was never in a file. */
  void disregard() {
    newest = running.map(RunningFile::source);
    newest.ifPresentOrElse(each -> demand.put(id, named(each)), () -> demand.remove(id));
    state = running.isPresent() ? State.ACTIVE : State.DISABLED;
    findings = List.of();
  }

  /** The file is no more. */
  void remove() {
    stop();
    demand.remove(id);
  }

  void stop() {
    Optional<RunningFile> old = running;
    running = Optional.empty();
    old.ifPresent(each -> each.routes().close());
  }
}
