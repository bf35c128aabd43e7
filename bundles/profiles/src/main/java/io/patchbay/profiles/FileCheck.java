package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/** Checks files wherever they are, and leaves alone what is neither a profile nor things. */
final class FileCheck {
  private static final Set<String> PASSED_OVER = Set.of("target", "node_modules", "routes");
  private static final Pattern PROFILE =
      Pattern.compile("(?m)^(properties|actions|events|match|examples)\\s*:");
  private static final Pattern OF_OTHERS =
      Pattern.compile("(?m)^(-\\s+(route|from|rest|beans)\\b|points\\s*:)");

  private enum Kind {
    PROFILE,
    THINGS,
    OTHER
  }

  /** A file as it was read, once. */
  private record Sheet(Path file, boolean named, String text, Optional<Flaw> flaw) {}

  private record Outcome(Path file, String id, List<Finding> findings) {}

  private final ProfileCheck check;
  private final Composition.Bases others;
  private final ExecutorService workers;

  /** Texts of all profiles among the files, by id: what others extend. */
  private final Map<String, String> texts = new HashMap<>();

  /**
   * @param others profiles for those that extend one that is not among the files
   * @param workers check file beside file
   */
  FileCheck(ProfileCheck check, Composition.Bases others, ExecutorService workers) {
    this.check = check;
    this.others = others;
    this.workers = workers;
  }

  /** What is wrong with files somebody asked for, so that a missing one is an error. */
  List<Finding> check(List<Path> paths) throws IOException {
    List<Finding> findings = new ArrayList<>();
    List<List<Sheet>> read = new ArrayList<>();
    for (Path path : paths) {
      boolean folder = Files.isDirectory(path);
      if (!Files.exists(path)) {
        findings.add(
            new Finding(Finding.Severity.ERROR, path.toString(), 0, "there is no such file"));
      } else if (folder || TextFile.yaml(path)) {
        read.add(all(folder ? files(path) : List.of(path), file -> read(file, !folder)));
      }
    }
    for (List<Sheet> sheets : read) {
      for (Sheet sheet : sheets) {
        ProfileReader.idOf(sheet.text()).ifPresent(id -> texts.putIfAbsent(id, sheet.text()));
      }
    }
    for (List<Sheet> sheets : read) {
      findings.addAll(together(all(sheets, this::check)));
    }
    return findings;
  }

  /** With the ids that are given twice: two profiles of one folder cannot both be in service. */
  private static List<Finding> together(List<Outcome> outcomes) {
    List<Finding> findings = new ArrayList<>();
    Map<String, Path> ids = new HashMap<>();
    for (Outcome outcome : outcomes) {
      findings.addAll(outcome.findings());
      String id = outcome.id();
      Path earlier = id.isEmpty() ? null : ids.putIfAbsent(id, outcome.file());
      if (earlier != null) {
        findings.add(
            new Finding(
                Finding.Severity.ERROR,
                outcome.file().toString(),
                1,
                "the id '" + id + "' is taken by " + earlier));
      }
    }
    return findings;
  }

  private interface Step<T, R> {
    R of(T one) throws IOException;
  }

  /** Does something with all, beside one another; the results are in their order. */
  private <T, R> List<R> all(List<T> all, Step<T, R> step) throws IOException {
    List<Future<R>> running = new ArrayList<>();
    for (T one : all) {
      running.add(workers.submit(() -> step.of(one)));
    }
    List<R> results = new ArrayList<>();
    try {
      for (Future<R> each : running) {
        results.add(each.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw e.getCause() instanceof RuntimeException bug ? bug : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("checking was interrupted");
    }
    return results;
  }

  private static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        folder,
        EnumSet.noneOf(FileVisitOption.class),
        TextFile.DEEPEST,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            String name = String.valueOf(path.getFileName());
            boolean skip =
                !path.equals(folder) && (name.startsWith(".") || PASSED_OVER.contains(name));
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (TextFile.yaml(file)) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }

  private static Sheet read(Path file, boolean named) throws IOException {
    try {
      return new Sheet(file, named, Scripts.read(file), Optional.empty());
    } catch (Flaw flaw) {
      return new Sheet(file, named, "", Optional.of(flaw));
    }
  }

  private Optional<String> base(String id) {
    return Optional.ofNullable(texts.get(id)).or(() -> others.text(id));
  }

  private Outcome check(Sheet sheet) {
    String file = sheet.file().toString();
    Kind kind = kind(sheet.file(), sheet.text(), sheet.named());
    if (kind == Kind.OTHER) {
      return new Outcome(sheet.file(), "", List.of());
    } else if (sheet.flaw().isPresent()) {
      Report report = new Report(file);
      return new Outcome(
          sheet.file(), "", ProfileCheck.refused(sheet.flaw().get(), report).findings());
    } else if (kind == Kind.THINGS) {
      return new Outcome(sheet.file(), "", ThingList.read(file, sheet.text()).findings());
    }
    ProfileCheck.Checked checked = check.check(file, sheet.text(), this::base);
    return new Outcome(sheet.file(), checked.id(), checked.findings());
  }

  private static Kind kind(Path file, String text, boolean named) {
    for (Path part : file.toAbsolutePath().normalize()) {
      if (part.toString().equals(ProfileFolders.FOLDER)) {
        return Kind.PROFILE;
      }
    }
    Path parent = file.toAbsolutePath().normalize().getParent();
    String folder = parent == null ? "" : String.valueOf(parent.getFileName());
    if (folder.equals(ThingFiles.FOLDER)) {
      return Kind.THINGS;
    }
    boolean profile = PROFILE.matcher(text).find();
    boolean map = folder.equals("modbus") && !profile;
    if (folder.equals("routes") || map || OF_OTHERS.matcher(text).find()) {
      return Kind.OTHER;
    }
    return named || profile ? Kind.PROFILE : Kind.OTHER;
  }
}
