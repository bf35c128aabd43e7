package io.patchbay.profiles;

import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Health;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.store.Registered;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the things of the files in the folder {@code things}, and removes them when they leave
 * their file. A file that is wrong changes nothing.
 */
@Component(
    immediate = true,
    service = {ArtifactInstaller.class, Profiles.Listener.class, Health.class})
public final class ThingFiles implements ArtifactInstaller, Profiles.Listener, Health {
  static final String FOLDER = "things";
  private static final Logger LOG = LoggerFactory.getLogger(ThingFiles.class);
  private static final int PAGE = 1_000;

  private final Path folder;
  private final Map<Path, ThingList> files = new TreeMap<>();
  private final Map<Path, List<Finding>> refused = new TreeMap<>();

  /** Why the directory did not take a thing, by id. */
  private final Map<ThingId, Finding> failed = new ConcurrentHashMap<>();

  private @Nullable Things things;
  private volatile @Nullable DesiredValues desired;

  @Activate
  public ThingFiles(BundleContext context) throws IOException {
    this(ProfileFolders.folder(context, "patchbay.data", "data").resolve(FOLDER));
  }

  ThingFiles(Path folder) throws IOException {
    this.folder = folder.toAbsolutePath().normalize();
    for (Path file : TextFile.below(this.folder)) {
      read(file);
    }
  }

  /** The directory of things is there: it learns all, and forgets what left its file meanwhile. */
  @Reference(policy = ReferencePolicy.DYNAMIC, cardinality = ReferenceCardinality.OPTIONAL)
  synchronized void bindThings(Things directory) {
    things = directory;
    Set<ThingId> known = new HashSet<>();
    files.forEach(
        (file, list) -> {
          list.things().keySet().forEach(thing -> known.add(thing.id()));
          register(file, list);
        });
    if (refused.isEmpty()) {
      forget(directory, known);
    }
  }

  /** The room of desired values is there: it learns what all files say. */
  @Reference(policy = ReferencePolicy.DYNAMIC, cardinality = ReferenceCardinality.OPTIONAL)
  synchronized void bindDesired(DesiredValues room) {
    desired = room;
    files.values().forEach(list -> list.desired().forEach(room::state));
  }

  synchronized void unbindDesired(DesiredValues room) {
    if (room.equals(desired)) {
      desired = null;
    }
  }

  private void state(ThingId thing, Map<String, Value> values) {
    DesiredValues room = desired;
    if (room != null) {
      room.state(thing, values);
    }
  }

  synchronized void unbindThings(Things directory) {
    if (directory.equals(things)) {
      things = null;
    }
  }

  private static void forget(Things directory, Set<ThingId> known) {
    String after = "";
    do {
      Things.Page page =
          directory.list(
              new Things.Query(
                  Optional.empty(), Optional.empty(), Optional.empty(), Map.of(), after, PAGE));
      for (ThingState state : page.things()) {
        Registered registered = state.registered();
        if (registered.origin() == Registered.Origin.FILE
            && !known.contains(registered.thing().id())) {
          remove(directory, registered.thing().id());
        }
      }
      after = page.next();
    } while (!after.isEmpty());
  }

  private static void remove(Things directory, ThingId id) {
    directory
        .remove(id)
        .whenComplete(
            (done, problem) -> {
              if (problem != null) {
                LOG.warn("Thing '{}' left its file, but is not removed: {}", id, reason(problem));
              }
            });
  }

  private static String reason(Throwable problem) {
    Throwable cause = problem.getCause() == null ? problem : problem.getCause();
    return String.valueOf(cause.getMessage());
  }

  /** Whether the file is right; a wrong one is remembered and changes nothing. */
  private boolean read(Path file) throws IOException {
    String shown = FOLDER + "/" + folder.relativize(file);
    ThingList list;
    try {
      list = ThingList.read(shown, TextFile.read(file));
    } catch (Flaw flaw) {
      Report report = new Report(shown);
      report.error(flaw.line(), flaw.message());
      list = new ThingList(Map.of(), Map.of(), report.findings());
    }
    if (list.refused()) {
      list.findings().stream().limit(5).forEach(finding -> LOG.warn("Refused: {}", finding));
      refused.put(file, list.findings());
      return false;
    }
    List<Finding> taken = taken(file, shown, list);
    if (!taken.isEmpty()) {
      taken.forEach(finding -> LOG.warn("Refused: {}", finding));
      refused.put(file, taken);
      return false;
    }
    refused.remove(file);
    files.put(file, list);
    return true;
  }

  private List<Finding> taken(Path file, String shown, ThingList list) {
    List<Finding> findings = new ArrayList<>();
    list.things()
        .forEach(
            (thing, line) ->
                files.forEach(
                    (other, others) -> {
                      if (!other.equals(file)
                          && others.things().keySet().stream()
                              .anyMatch(t -> t.id().equals(thing.id()))) {
                        findings.add(
                            new Finding(
                                Finding.Severity.ERROR,
                                shown,
                                line,
                                "thing '"
                                    + thing.id()
                                    + "' is already in "
                                    + FOLDER
                                    + "/"
                                    + folder.relativize(other)));
                      }
                    }));
    return findings;
  }

  private void register(Path file, ThingList list) {
    Things directory = things;
    if (directory == null) {
      return;
    }
    String shown = FOLDER + "/" + folder.relativize(file);
    list.things()
        .forEach(
            (thing, line) ->
                register(
                    directory,
                    shown,
                    thing,
                    line,
                    list.desired().getOrDefault(thing.id(), Map.of())));
  }

  private void register(
      Things directory, String shown, Thing thing, int line, Map<String, Value> values) {
    directory
        .register(thing, Registered.Origin.FILE)
        .whenComplete(
            (state, problem) -> {
              if (problem == null) {
                failed.remove(thing.id());
                state(thing.id(), values);
              } else {
                Finding finding = new Finding(Finding.Severity.ERROR, shown, line, reason(problem));
                if (!finding.equals(failed.put(thing.id(), finding))) {
                  LOG.warn("Not registered: {}", finding);
                }
              }
            });
  }

  private synchronized void offer(File artifact) throws IOException {
    Path file = artifact.toPath().toAbsolutePath().normalize();
    ThingList before = files.get(file);
    if (!read(file)) {
      return;
    }
    ThingList now = files.get(file);
    if (now == null || now.equals(before)) {
      return;
    }
    dismiss(before, now);
    register(file, now);
  }

  private void dismiss(@Nullable ThingList before, @Nullable ThingList now) {
    Things directory = things;
    if (before == null) {
      return;
    }
    Set<ThingId> stay = new HashSet<>();
    if (now != null) {
      now.things().keySet().forEach(thing -> stay.add(thing.id()));
    }
    for (Thing thing : before.things().keySet()) {
      if (!stay.contains(thing.id())) {
        failed.remove(thing.id());
        if (directory != null) {
          remove(directory, thing.id());
        }
      }
    }
  }

  /** A thing that was refused may be right by the new profiles. */
  @Override
  public synchronized void changed(Map<String, Profile> all) {
    Things directory = things;
    if (directory != null) {
      files.forEach(
          (file, list) ->
              list.things()
                  .forEach(
                      (thing, line) -> {
                        if (failed.containsKey(thing.id())) {
                          register(
                              directory,
                              FOLDER + "/" + folder.relativize(file),
                              thing,
                              line,
                              list.desired().getOrDefault(thing.id(), Map.of()));
                        }
                      }));
    }
  }

  @Override
  public boolean canHandle(File artifact) {
    return TextFile.yaml(artifact.toPath())
        && artifact.toPath().toAbsolutePath().normalize().startsWith(folder);
  }

  @Override
  public void install(File artifact) throws IOException {
    offer(artifact);
  }

  @Override
  public void update(File artifact) throws IOException {
    offer(artifact);
  }

  @Override
  public synchronized void uninstall(File artifact) {
    Path file = artifact.toPath().toAbsolutePath().normalize();
    refused.remove(file);
    dismiss(files.remove(file), null);
  }

  @Override
  public synchronized List<Check> checks() {
    List<Finding> wrong = new ArrayList<>(failed.values());
    refused.values().forEach(wrong::addAll);
    int count = files.values().stream().mapToInt(list -> list.things().size()).sum();
    return List.of(
        wrong.isEmpty()
            ? new Check(FOLDER, State.OK, count + " things from files")
            : new Check(FOLDER, State.WARN, "mend the file: " + wrong.get(0)));
  }
}
