package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import java.io.IOException;
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
import java.util.regex.Pattern;

/** Checks files wherever they are, and leaves alone what is neither a profile nor things. */
final class FileCheck {
  private static final Set<String> PASSED_OVER = Set.of("target", "node_modules", "routes");
  private static final Pattern PROFILE =
      Pattern.compile("(?m)^(properties|actions|events|match|examples)\\s*:");
  private static final Pattern ROUTE = Pattern.compile("(?m)^-\\s+(route|from|rest|beans)\\b");

  private enum Kind {
    PROFILE,
    THINGS,
    OTHER
  }

  private final ProfileCheck check;
  private final List<Finding> findings = new ArrayList<>();

  /** Which file has given an id: two of one folder cannot both be in service. */
  private final Map<String, String> ids = new HashMap<>();

  /** Texts of all profiles among the files, by id: what others extend. */
  private final Map<String, String> texts = new HashMap<>();

  private final Composition.Bases others;

  /**
   * @param others profiles in service, for those that extend one that is not among the files
   */
  FileCheck(ProfileCheck check, Composition.Bases others) {
    this.check = check;
    this.others = others;
  }

  /**
   * @param named whether somebody asked for just these, so that a missing one is an error
   */
  List<Finding> check(List<Path> paths, boolean named) throws IOException {
    for (Path path : paths) {
      for (Path file : Files.isDirectory(path) ? files(path) : List.of(path)) {
        remember(file);
      }
    }
    for (Path path : paths) {
      ids.clear();
      if (Files.isDirectory(path)) {
        for (Path file : files(path)) {
          check(file, false);
        }
      } else if (Files.exists(path)) {
        if (TextFile.yaml(path)) {
          check(path, true);
        }
      } else if (named) {
        findings.add(
            new Finding(Finding.Severity.ERROR, path.toString(), 0, "there is no such file"));
      }
    }
    return List.copyOf(findings);
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

  private void remember(Path file) throws IOException {
    if (TextFile.yaml(file) && Files.isRegularFile(file)) {
      try {
        String text = Scripts.read(file);
        ProfileReader.idOf(text).ifPresent(id -> texts.putIfAbsent(id, text));
      } catch (Flaw e) {
        // said when it is its turn
      }
    }
  }

  private Optional<String> base(String id) {
    return Optional.ofNullable(texts.get(id)).or(() -> others.text(id));
  }

  private void check(Path file, boolean named) throws IOException {
    String text;
    try {
      text = Scripts.read(file);
    } catch (Flaw flaw) {
      if (kind(file, "", named) != Kind.OTHER) {
        findings.addAll(ProfileCheck.refused(flaw, new Report(file.toString())).findings());
      }
      return;
    }
    switch (kind(file, text, named)) {
      case PROFILE -> {
        ProfileCheck.Checked checked = check.check(file.toString(), text, this::base);
        findings.addAll(checked.findings());
        Optional.ofNullable(ids.putIfAbsent(checked.id(), file.toString()))
            .filter(earlier -> !checked.id().isEmpty())
            .ifPresent(
                earlier ->
                    findings.add(
                        new Finding(
                            Finding.Severity.ERROR,
                            file.toString(),
                            1,
                            "the id '" + checked.id() + "' is taken by " + earlier)));
      }
      case THINGS -> findings.addAll(ThingList.read(file.toString(), text).findings());
      case OTHER -> {
        // of another kind
      }
    }
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
    if (folder.equals("routes") || ROUTE.matcher(text).find()) {
      return Kind.OTHER;
    }
    return named || PROFILE.matcher(text).find() ? Kind.PROFILE : Kind.OTHER;
  }
}
