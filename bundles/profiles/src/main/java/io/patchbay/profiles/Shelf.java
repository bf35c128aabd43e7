package io.patchbay.profiles;

import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents.Document;
import io.patchbay.operation.Finding;
import io.patchbay.profile.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The profiles in service: what ships, overlaid by id with the files of the data directory. A file
 * that is refused leaves what it gave before in service, over a restart too: the last good text of
 * every file is kept.
 */
final class Shelf {
  private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);

  /** Lines of one refused file that go to the log. */
  private static final int MOST_LOGGED = 5;

  /**
   * @param bases ids of the profiles it extends
   */
  private record Good(String text, Profile profile, List<Finding> warnings, List<String> bases) {}

  private record Refused(String text, String id, String title, List<Finding> findings) {}

  private final Path shipped;
  private final Path folder;
  private final Path kept;
  private final ProfileCheck check;
  private final Consumer<Map<String, Profile>> changed;

  private final Map<Path, Good> base = new TreeMap<>();
  private final Map<Path, Refused> baseRefused = new TreeMap<>();
  private final Map<Path, Good> overlay = new TreeMap<>();
  private final Map<Path, Refused> refused = new TreeMap<>();

  /** Texts by id of files that are not read yet, while all are loaded. */
  private final Map<String, String> ahead = new HashMap<>();

  private boolean loading;

  private volatile Map<String, Profile> current = Map.of();

  /**
   * @param shipped folder of the base, never written
   * @param folder hot folder of the data directory
   * @param kept where the last good texts are kept
   * @param changed told of every change, one call at a time
   */
  Shelf(
      Path shipped,
      Path folder,
      Path kept,
      ProfileCheck check,
      Consumer<Map<String, Profile>> changed) {
    this.shipped = shipped;
    this.folder = folder.toAbsolutePath().normalize();
    this.kept = kept;
    this.check = check;
    this.changed = changed;
  }

  Map<String, Profile> current() {
    return current;
  }

  /** Loads both folders, once, before anybody is told. */
  synchronized void load() throws IOException {
    loading = true;
    for (Path file : TextFile.below(shipped)) {
      String shown = shown(file);
      try {
        String text = Scripts.read(file);
        // what ships was checked when it was built
        shelve(base, baseRefused, file, text, ProfileCheck.read(shown, text, this::base));
      } catch (Flaw flaw) {
        refuse(baseRefused, file, "", ProfileCheck.refused(flaw, new Report(shown)));
      }
    }
    for (Path file : TextFile.below(folder)) {
      Path copy = kept.resolve(folder.relativize(file));
      Optional<String> last = Optional.empty();
      if (Files.isRegularFile(copy)) {
        try {
          last = Optional.of(TextFile.read(copy));
        } catch (Flaw e) {
          LOG.warn("The kept copy {} cannot be used: {}", copy, e.message());
        }
      }
      start(file, last);
    }
    loading = false;
    ahead.clear();
    publish();
  }

  /** A profile may be read before the one it extends: what is extended is found by its text. */
  private void lookAhead() {
    try {
      List<Path> files = new ArrayList<>(TextFile.below(shipped));
      files.addAll(TextFile.below(folder));
      for (Path file : files) {
        String text = Scripts.read(file);
        ProfileReader.idOf(text).ifPresent(id -> ahead.put(id, text));
      }
    } catch (IOException | Flaw e) {
      LOG.debug("Said when it is its turn", e);
    }
  }

  /** The text of a profile that another extends. */
  synchronized Optional<String> base(String id) {
    Good good = effective().get(id);
    if (good != null) {
      return Optional.of(good.text());
    }
    if (loading && ahead.isEmpty()) {
      lookAhead();
    }
    return Optional.ofNullable(ahead.get(id));
  }

  private void start(Path file, Optional<String> last) throws IOException {
    String shown = shown(file);
    try {
      String text = Scripts.read(file);
      ProfileCheck.Checked checked =
          last.filter(text::equals).isPresent()
              ? ProfileCheck.read(shown, text, this::base)
              : check.check(shown, text, this::base);
      if (shelve(overlay, refused, file, text, checked)) {
        keep(file, text);
        return;
      }
    } catch (Flaw flaw) {
      refuse(refused, file, "", ProfileCheck.refused(flaw, new Report(shown)));
    }
    if (last.isPresent()) {
      ProfileCheck.Checked old = ProfileCheck.read(shown, last.get(), this::base);
      old.profile()
          .filter(profile -> holder(profile.id(), file).isEmpty())
          .ifPresent(
              profile -> overlay.put(file, new Good(last.get(), profile, List.of(), old.bases())));
    }
  }

  /** Whether the text is in service now; otherwise it is among the refused. */
  private boolean shelve(
      Map<Path, Good> good,
      Map<Path, Refused> bad,
      Path file,
      String text,
      ProfileCheck.Checked checked) {
    Optional<Path> holder =
        good == overlay
            ? holder(checked.id(), file)
            : good.entrySet().stream()
                .filter(e -> !e.getKey().equals(file))
                .filter(e -> e.getValue().profile().id().equals(checked.id()))
                .map(Map.Entry::getKey)
                .findFirst();
    if (checked.profile().isEmpty() || holder.isPresent()) {
      ProfileCheck.Checked said = checked;
      if (holder.isPresent()) {
        List<Finding> findings = new ArrayList<>(checked.findings());
        findings.add(
            new Finding(
                Finding.Severity.ERROR,
                shown(file),
                1,
                "the id '" + checked.id() + "' is taken by " + shown(holder.get())));
        said =
            new ProfileCheck.Checked(
                checked.id(), checked.title(), Optional.empty(), findings, checked.bases());
      }
      refuse(bad, file, text, said);
      return false;
    }
    good.put(file, new Good(text, checked.profile().get(), checked.findings(), checked.bases()));
    bad.remove(file);
    return true;
  }

  private static void refuse(
      Map<Path, Refused> bad, Path file, String text, ProfileCheck.Checked checked) {
    Refused news = new Refused(text, checked.id(), checked.title(), checked.findings());
    if (!news.equals(bad.put(file, news))) {
      checked.findings().stream()
          .filter(finding -> finding.severity() == Finding.Severity.ERROR)
          .limit(MOST_LOGGED)
          .forEach(finding -> LOG.warn("Refused: {}", finding));
    }
  }

  /** Which other file of the data directory has given this id. */
  private Optional<Path> holder(String id, Path but) {
    return overlay.entrySet().stream()
        .filter(e -> !e.getKey().equals(but) && e.getValue().profile().id().equals(id))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** A file came or changed. */
  synchronized void offer(Path given) throws IOException {
    Path file = given.toAbsolutePath().normalize();
    if (Scripts.script(file)) {
      reread(file);
      return;
    }
    String shown = shown(file);
    try {
      String text = Scripts.read(file);
      Good present = overlay.get(file);
      if (present != null && present.text().equals(text)) {
        refused.remove(file);
        return;
      }
      if (shelve(overlay, refused, file, text, check.check(shown, text, this::base))) {
        keep(file, text);
        rebase(overlay.get(file));
        reconsider(file);
        publish();
      }
    } catch (Flaw flaw) {
      refuse(refused, file, "", ProfileCheck.refused(flaw, new Report(shown)));
    }
  }

  /** A script came, changed or went: profiles beside it that name it are read again. */
  private void reread(Path script) throws IOException {
    Set<Path> files = new TreeSet<>(overlay.keySet());
    files.addAll(refused.keySet());
    for (Path file : files) {
      if (Objects.equals(file.getParent(), script.getParent()) && Files.isRegularFile(file)) {
        Refused bad = refused.get(file);
        Good good = overlay.get(file);
        String text = (bad == null ? "" : bad.text()) + (good == null ? "" : good.text());
        if (Scripts.names(text).contains(String.valueOf(script.getFileName()))) {
          offer(file);
        }
      }
    }
  }

  /** A file was removed: what ships under its id comes back. */
  synchronized void withdraw(Path given) throws IOException {
    Path file = given.toAbsolutePath().normalize();
    if (Scripts.script(file)) {
      reread(file);
      return;
    }
    Good was = overlay.remove(file);
    refused.remove(file);
    Files.deleteIfExists(kept.resolve(folder.relativize(file)));
    if (was != null) {
      rebase(was);
      reconsider(file);
      publish();
    }
  }

  /** What extends a profile that came, went or changed is read again. */
  private void rebase(@Nullable Good changed) {
    if (changed == null) {
      return;
    }
    String id = changed.profile().id();
    for (Map<Path, Good> goods : List.of(base, overlay)) {
      for (Map.Entry<Path, Good> entry : new TreeMap<>(goods).entrySet()) {
        Good good = entry.getValue();
        if (good.bases().contains(id)) {
          String shown = shown(entry.getKey());
          shelve(
              goods,
              goods == base ? baseRefused : refused,
              entry.getKey(),
              good.text(),
              check.check(shown, good.text(), this::base));
        }
      }
    }
  }

  /** The protocols are others now: what was refused for want of one may be in order. */
  synchronized void reconsider() throws IOException {
    reconsider(folder);
    publish();
  }

  /** An id may be free again that another file was refused for. */
  private void reconsider(Path but) throws IOException {
    for (Map.Entry<Path, Refused> entry : new TreeMap<>(refused).entrySet()) {
      Path file = entry.getKey();
      String id = entry.getValue().id();
      if (!file.equals(but) && !id.isEmpty() && holder(id, file).isEmpty()) {
        String text = entry.getValue().text();
        if (shelve(overlay, refused, file, text, check.check(shown(file), text, this::base))) {
          keep(file, text);
        }
      }
    }
  }

  private void keep(Path file, String text) throws IOException {
    Path copy = kept.resolve(folder.relativize(file));
    if (!Files.isRegularFile(copy) || !Files.readString(copy).equals(text)) {
      TextFile.write(copy, text);
    }
  }

  private void publish() {
    Map<String, Profile> all = new LinkedHashMap<>();
    effective().forEach((id, good) -> all.put(id, good.profile()));
    Map<String, Profile> before = current;
    current = Map.copyOf(all);
    if (!current.equals(before)) {
      changed.accept(current);
    }
  }

  /** What is in service, by id. */
  private Map<String, Good> effective() {
    Map<String, Good> all = new TreeMap<>();
    base.values().forEach(good -> all.put(good.profile().id(), good));
    overlay.values().forEach(good -> all.put(good.profile().id(), good));
    return all;
  }

  /**
   * @param recheck whether what is in service shall be checked again, because the protocols are
   *     others now
   */
  synchronized List<Document> documents(boolean recheck) {
    if (recheck) {
      overlay.replaceAll(
          (file, good) ->
              new Good(
                  good.text(),
                  good.profile(),
                  check.check(shown(file), good.text(), this::base).findings(),
                  good.bases()));
    }
    Map<String, Document> all = new TreeMap<>();
    base.values().forEach(good -> all.put(good.profile().id(), document(good, true)));
    overlay.values().forEach(good -> all.put(good.profile().id(), document(good, false)));
    baseRefused.forEach(
        (file, bad) -> refusal(all, bad.id().isEmpty() ? stem(file) : bad.id(), bad));
    refused.forEach((file, bad) -> refusal(all, id(file, bad), bad));
    return List.copyOf(all.values());
  }

  private static Document document(Good good, boolean shipped) {
    Profile profile = good.profile();
    return new Document(
        profile.id(), profile.title(), profile.version(), shipped, "active", good.warnings());
  }

  private static void refusal(Map<String, Document> all, String id, Refused bad) {
    Document present = all.get(id);
    all.put(
        id,
        present == null
            ? new Document(id, bad.title(), "", false, "refused", bad.findings())
            : new Document(
                id,
                present.title(),
                present.version(),
                present.shipped(),
                "refused",
                bad.findings()));
  }

  /** The id of a refused text: its own, or that of what its file gave before. */
  private String id(Path file, Refused bad) {
    Good before = overlay.get(file);
    return before != null ? before.profile().id() : bad.id().isEmpty() ? stem(file) : bad.id();
  }

  private static String stem(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, Math.max(name.lastIndexOf('.'), 0));
  }

  synchronized Optional<String> text(String id) {
    return Optional.ofNullable(effective().get(id))
        .map(Good::text)
        .map(Scripts::bare)
        .or(
            () ->
                refused.entrySet().stream()
                    .filter(entry -> id(entry.getKey(), entry.getValue()).equals(id))
                    .map(entry -> Scripts.bare(entry.getValue().text()))
                    .findFirst());
  }

  synchronized Document put(String id, String given) throws RefusedException, IOException {
    if (!ProfileReader.ID.matcher(id).matches()) {
      throw new RefusedException(
          "'" + id + "' cannot name a profile; accepted: " + ProfileReader.ID.pattern());
    }
    Path file = file(id);
    String text = Scripts.with(given, file);
    ProfileCheck.Checked checked = check.check(shown(file), text, this::base);
    if (!checked.id().isEmpty() && !checked.id().equals(id)) {
      throw new RefusedException(
          "the text is of profile '" + checked.id() + "', not of '" + id + "'");
    }
    if (checked.profile().isEmpty()) {
      throw new RefusedException(
          checked.findings().stream().map(Finding::toString).collect(Collectors.joining("\n")));
    }
    TextFile.write(file, given);
    shelve(overlay, refused, file, text, checked);
    keep(file, text);
    Good now = new Good(text, checked.profile().get(), checked.findings(), checked.bases());
    rebase(now);
    publish();
    return document(now, false);
  }

  /** The file that has the id, or one that has none yet. */
  private Path file(String id) throws RefusedException {
    for (Map.Entry<Path, Good> entry : overlay.entrySet()) {
      if (entry.getValue().profile().id().equals(id)) {
        return entry.getKey();
      }
    }
    for (Map.Entry<Path, Refused> entry : refused.entrySet()) {
      if (id(entry.getKey(), entry.getValue()).equals(id)) {
        return entry.getKey();
      }
    }
    Path file = folder.resolve(id + ".yaml");
    if (overlay.containsKey(file)) {
      throw new RefusedException(
          shown(file)
              + " holds profile '"
              + overlay.get(file).profile().id()
              + "'; rename it first");
    }
    return file;
  }

  synchronized boolean remove(String id) throws IOException {
    List<Path> files = new ArrayList<>();
    overlay.forEach(
        (file, good) -> {
          if (good.profile().id().equals(id)) {
            files.add(file);
          }
        });
    refused.forEach(
        (file, bad) -> {
          if (!files.contains(file) && id(file, bad).equals(id)) {
            files.add(file);
          }
        });
    for (Path file : files) {
      Files.deleteIfExists(file);
      withdraw(file);
    }
    return !files.isEmpty();
  }

  /** Whether a file belongs to the hot folder. */
  boolean owns(Path file) {
    return (TextFile.yaml(file) || Scripts.script(file))
        && file.toAbsolutePath().normalize().startsWith(folder);
  }

  /** The refused, for the health check. */
  synchronized List<Finding> refusals() {
    List<Finding> all = new ArrayList<>();
    baseRefused.values().forEach(bad -> all.addAll(bad.findings()));
    refused.values().forEach(bad -> all.addAll(bad.findings()));
    return all.stream().filter(f -> f.severity() == Finding.Severity.ERROR).toList();
  }

  /** A path as the user knows it: below the hub's own folder, not from the root of the disk. */
  private String shown(Path file) {
    Path absolute = file.toAbsolutePath().normalize();
    for (Path root : List.of(shipped.toAbsolutePath().normalize(), folder)) {
      if (absolute.startsWith(root)) {
        return root.getFileName() + "/" + root.relativize(absolute);
      }
    }
    return file.toString();
  }
}
