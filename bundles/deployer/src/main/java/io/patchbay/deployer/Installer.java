package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the running bundles to what the folder wants. All calls that change something come on the
 * deployer's thread; what is asked may come on any.
 */
final class Installer {
  private static final Logger LOG = LoggerFactory.getLogger(Installer.class);
  private static final String LOCATION = "patchbay:";

  private final BundleContext context;
  private final Shelf shelf;
  private final DeployFolder folder;
  private final Store store;
  private final Signatures signatures;
  private final Trial trial;
  private final Replacement replacement;
  private final ShippedJars shipped;
  private final Platform platform;
  private final Tally tally;

  /** What runs of the deployed ones: the copy it was installed from. */
  private final Map<String, Candidate> deployed = new ConcurrentHashMap<>();

  /** Why the newest jar of a bundle, or the bundle itself, does not run; by symbolic name. */
  private final Map<String, String> problems = new ConcurrentHashMap<>();

  /** Those that were refused because something is missing: tried again when something changes. */
  private final Set<String> waiting = new HashSet<>();

  /** Digests that did not come up: not tried again until the file changes. */
  private final Map<String, Candidate> refused = new ConcurrentHashMap<>();

  private final Set<String> stopped;
  private boolean begun;

  Installer(
      BundleContext context,
      Shelf shelf,
      DeployFolder folder,
      Store store,
      Signatures signatures,
      Replacement replacement,
      ShippedJars shipped,
      Platform platform,
      Tally tally)
      throws IOException {
    this.context = context;
    this.shelf = shelf;
    this.folder = folder;
    this.store = store;
    this.signatures = signatures;
    this.trial = new Trial(context);
    this.replacement = replacement;
    this.shipped = shipped;
    this.platform = platform;
    this.tally = tally;
    this.stopped = ConcurrentHashMap.newKeySet();
    stopped.addAll(store.stopped());
  }

  /** At the start: what lies in the folder, and nothing else. */
  void begin() throws IOException, BundleException {
    trial.clean();
    for (Path jar : folder.jars()) {
      folder.look(jar);
    }
    logFolderProblems();
    Set<String> wanted = folder.symbolicNames();
    for (Bundle bundle : context.getBundles()) {
      boolean unwanted = ours(bundle) && !wanted.contains(bundle.getSymbolicName());
      if (unwanted || strayed(bundle)) {
        discard(bundle);
      }
    }
    for (String name : store.names()) {
      if (!wanted.contains(name)) {
        store.forget(name);
      }
    }
    settle(wanted);
    for (String name : new TreeSet<>(stopped)) {
      Optional<Bundle> bundle = find(name);
      if (bundle.isPresent()) {
        bundle.get().stop(); // also one whose start level is still to come
      }
    }
    begun = true;
  }

  private void discard(Bundle bundle) {
    try {
      replacement.uninstall(bundle);
    } catch (RefusedException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  /** Whether somebody else took it from the folder, where only the deployer installs. */
  private boolean strayed(Bundle bundle) {
    return bundle.getLocation().startsWith(folder.path().toUri().toString());
  }

  /** Files of the folder came, changed or went. */
  void filesChanged(Collection<Path> files) throws IOException {
    Set<String> concerned = new TreeSet<>();
    for (Path file : files) {
      concerned.addAll(folder.look(file));
    }
    logFolderProblems();
    settle(concerned);
  }

  private void logFolderProblems() {
    folder.problems().forEach((file, words) -> LOG.warn("deploy/{} is refused: {}", file, words));
  }

  /** Settles some, and, as long as one of them helps, those that wait for something. */
  private void settle(Collection<String> symbolicNames) throws IOException {
    Set<String> open = new TreeSet<>(symbolicNames);
    boolean progress = true;
    while (progress && !open.isEmpty()) {
      progress = false;
      for (String name : open) {
        progress |= settle(name);
      }
      open = new TreeSet<>(waiting);
    }
    revive();
  }

  /** Whether it changed what runs. */
  private boolean settle(String symbolicName) throws IOException {
    waiting.remove(symbolicName);
    List<Candidate> candidates = folder.candidates(symbolicName);
    if (candidates.isEmpty()) {
      return !folder.claims(symbolicName) && revert(symbolicName);
    }
    for (Candidate candidate : candidates) {
      Candidate runs = deployed.get(symbolicName);
      if (runs != null && runs.digest().equals(candidate.digest())) {
        if (candidate.equals(candidates.get(0))) {
          problems.remove(symbolicName);
        }
        return false;
      }
      if (!refused.containsKey(candidate.digest()) && attempt(candidate)) {
        return true;
      }
      if (runs != null) {
        return false; // what runs stays: it is better than an older file
      }
    }
    return fallBack(symbolicName);
  }

  private boolean attempt(Candidate candidate) throws IOException {
    try {
      // Dropped while the hub runs, a new jar starts also what somebody stopped.
      put(candidate, begun || !stopped.contains(candidate.symbolicName()));
      return true;
    } catch (RefusedException e) {
      String words = String.valueOf(e.getMessage());
      if (!words.equals(problems.put(candidate.symbolicName(), words))) {
        LOG.warn("deploy/{} is refused: {}", candidate.jar().getFileName(), words);
      }
      return false;
    }
  }

  /** After a restart: the last good copy, when no file of the folder comes up. */
  private boolean fallBack(String symbolicName) throws IOException {
    Optional<Path> good = store.good(symbolicName);
    if (good.isEmpty() || deployed.containsKey(symbolicName)) {
      return false;
    }
    String words = problems.getOrDefault(symbolicName, "");
    try {
      Candidate last =
          Candidate.read(good.get(), new Candidate.Limits(Long.MAX_VALUE, Long.MAX_VALUE));
      put(last, !stopped.contains(symbolicName));
      problems.put(symbolicName, words + "; the last good one, " + last.version() + ", runs");
      return true;
    } catch (RefusedException e) {
      LOG.warn("the last good copy is refused, too: {}", e.getMessage());
      return false;
    }
  }

  /** Puts a candidate into service. */
  Bundle put(Candidate candidate, boolean start) throws RefusedException, IOException {
    String name = candidate.symbolicName();
    platform.refuse(name, "replaced");
    Optional<Bundle> running = find(name);
    Candidate runs = deployed.get(name);
    if (runs != null && running.isPresent() && runs.digest().equals(candidate.digest())) {
      return running.get();
    }
    Candidate copy = store.keep(candidate);
    try {
      signatures.check(copy); // the copy: nobody changes it between here and its start
      Bundle bundle = place(copy, running, start);
      deployed.put(name, copy);
      store.markGood(copy);
      refused.remove(copy.digest());
      problems.remove(name);
      if (start && stopped.remove(name)) {
        store.stopped(stopped);
      }
      LOG.info("{} {}", copy.title(), start ? "runs" : "is installed");
      tally.count("deploy", "done");
      return bundle;
    } catch (RefusedException | IOException e) {
      tally.count("deploy", "refused");
      if (runs == null || !runs.digest().equals(copy.digest())) {
        if (store.good(name).filter(copy.jar()::equals).isEmpty()) {
          store.drop(copy);
        }
      }
      throw e;
    }
  }

  private Bundle place(Candidate copy, Optional<Bundle> running, boolean start)
      throws RefusedException, IOException {
    String name = copy.symbolicName();
    shelf.lend(copy.jar(), this::stopped);
    try {
      trial.check(copy, running);
    } catch (RefusedException e) {
      waiting.add(name);
      throw e;
    }
    try {
      if (running.isEmpty()) {
        return replacement.install(copy, LOCATION + name, start);
      }
      Path previous = previous(running.get());
      Duration away = replacement.update(running.get(), copy, previous, start);
      tally.away(name, away);
      return running.get();
    } catch (RefusedException e) {
      refused.put(copy.digest(), copy);
      throw e;
    }
  }

  /** What comes back when a new jar does not come up. */
  private Path previous(Bundle bundle) throws RefusedException, IOException {
    Candidate runs = deployed.get(bundle.getSymbolicName());
    if (runs != null) {
      return runs.jar();
    }
    if (ours(bundle)) {
      Optional<Path> good = store.good(bundle.getSymbolicName());
      if (good.isPresent()) {
        return good.get();
      }
    }
    return shipped.find(bundle);
  }

  /** The folder wants it no longer. */
  private boolean revert(String name) throws IOException {
    Optional<Bundle> bundle = find(name);
    problems.remove(name);
    refused.values().removeIf(candidate -> candidate.symbolicName().equals(name));
    if (bundle.isEmpty() || !deployed.containsKey(name)) {
      return false;
    }
    try {
      if (ours(bundle.get())) {
        replacement.uninstall(bundle.get());
        LOG.info("{} is removed", name);
      } else {
        Path jar = shipped.find(bundle.get());
        Candidate base = Candidate.read(jar, new Candidate.Limits(Long.MAX_VALUE, Long.MAX_VALUE));
        Candidate runs = deployed.get(name);
        Path previous = runs == null ? jar : runs.jar();
        tally.away(name, replacement.update(bundle.get(), base, previous, !stopped.contains(name)));
        LOG.info("{} runs as shipped again", base.title());
      }
      deployed.remove(name);
      store.forget(name);
      tally.count("remove", "done");
      return true;
    } catch (RefusedException e) {
      tally.count("remove", "refused");
      problems.put(name, "its file was removed, but " + e.getMessage());
      LOG.warn("{}: its file was removed, but {}", name, e.getMessage());
      return false;
    }
  }

  /** Through the API: puts it into service and into the folder. */
  Bundle deploy(Candidate candidate) throws RefusedException, IOException {
    refused.remove(candidate.digest());
    Bundle bundle = put(candidate, true);
    waiting.remove(candidate.symbolicName());
    folder.put(candidate, store.stage(candidate));
    settle(List.copyOf(waiting));
    return bundle;
  }

  void remove(String symbolicName) throws RefusedException, IOException {
    platform.refuse(symbolicName, "removed");
    if (!folder.claims(symbolicName)) {
      throw new RefusedException(
          find(symbolicName).isPresent()
              ? symbolicName + " is part of the distribution: it can be stopped, not removed"
              : unknown(symbolicName));
    }
    folder.removeAll(symbolicName);
    settle(Set.of(symbolicName));
    String problem = problems.get(symbolicName);
    if (problem != null && deployed.containsKey(symbolicName)) {
      throw new RefusedException(symbolicName + ": " + problem);
    }
  }

  Bundle start(String symbolicName) throws RefusedException, IOException {
    Bundle bundle =
        find(symbolicName).orElseThrow(() -> new RefusedException(unknown(symbolicName)));
    Optional<String> failure = replacement.start(bundle);
    if (failure.isPresent()) {
      throw new RefusedException(symbolicName + " does not start: " + failure.get());
    }
    if (stopped.remove(symbolicName)) {
      store.stopped(stopped);
    }
    problems.remove(symbolicName);
    revive();
    return bundle;
  }

  Bundle stop(String symbolicName) throws RefusedException, IOException {
    platform.refuse(symbolicName, "stopped");
    Bundle bundle =
        find(symbolicName).orElseThrow(() -> new RefusedException(unknown(symbolicName)));
    try {
      bundle.stop();
    } catch (BundleException e) {
      throw new RefusedException(symbolicName + " failed to stop: " + Replacement.words(e));
    }
    stopped.add(symbolicName);
    store.stopped(stopped);
    shelf.settle(this::stopped);
    return bundle;
  }

  private static String unknown(String symbolicName) {
    return "no bundle is named '" + symbolicName + "'; the list of bundles has the names";
  }

  /** Starts what should run and does not: what it needs may have come back, or is wanted now. */
  void revive() {
    shelf.settle(this::stopped);
    for (Bundle bundle : context.getBundles()) {
      if (context.getBundle(0).getState() != Bundle.ACTIVE) {
        return;
      }
      if (!shouldRun(bundle) || Replacement.running(bundle)) {
        continue;
      }
      String name = bundle.getSymbolicName();
      Optional<String> failure = replacement.start(bundle);
      if (failure.isEmpty()) {
        problems.remove(name);
        LOG.info("{} {} runs again", name, bundle.getVersion());
      } else if (!failure.get().equals(problems.put(name, failure.get()))) {
        LOG.warn("{} {} does not start: {}", name, bundle.getVersion(), failure.get());
      }
    }
  }

  /** Whether somebody started it for good and nobody stopped it. */
  boolean shouldRun(Bundle bundle) {
    if (bundle.getBundleId() == 0
        || Trial.is(bundle)
        || stopped.contains(bundle.getSymbolicName())
        || Replacement.fragment(bundle)) {
      return false;
    }
    BundleStartLevel own = bundle.adapt(BundleStartLevel.class);
    int reached = context.getBundle(0).adapt(FrameworkStartLevel.class).getStartLevel();
    return own != null && own.isPersistentlyStarted() && own.getStartLevel() <= reached;
  }

  static boolean ours(Bundle bundle) {
    return bundle.getLocation().startsWith(LOCATION);
  }

  Optional<Bundle> find(String symbolicName) {
    for (Bundle bundle : context.getBundles()) {
      if (bundle.getBundleId() != 0
          && symbolicName.equals(bundle.getSymbolicName())
          && !Trial.is(bundle)) {
        return Optional.of(bundle);
      }
    }
    return Optional.empty();
  }

  /** Whether somebody stopped it for good. */
  boolean stopped(String symbolicName) {
    return stopped.contains(symbolicName);
  }

  boolean deployed(String symbolicName) {
    return deployed.containsKey(symbolicName);
  }

  Map<String, String> problems() {
    Map<String, String> all = new HashMap<>(shelf.problems());
    all.putAll(problems);
    return all;
  }
}
