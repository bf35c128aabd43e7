package io.patchbay.journal.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Where the driver finds its native library: unpacked once into the journal's folder, because
 * unpacking and comparing it at every start takes a tenth of a second.
 */
final class NativeLibrary {
  private NativeLibrary() {}

  static void prepare(Path folder) throws IOException {
    // Should the one below not load, the driver unpacks another here and removes it at the end.
    System.setProperty("org.sqlite.tmpdir", folder.toString());
    String name = LibraryLoaderUtil.getNativeLibName();
    Path home = folder.resolve("native").resolve(SQLiteJDBCLoader.getVersion()).toAbsolutePath();
    Path library = home.resolve(name);
    if (!Files.exists(library)) {
      String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
      try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
        if (in == null) {
          return;
        }
        Files.createDirectories(home);
        unpack(in, library);
      }
    }
    System.setProperty("org.sqlite.lib.path", home.toString());
    System.setProperty("org.sqlite.lib.name", name);
  }

  /** Under its name only when it is whole: a hub may be killed meanwhile. */
  private static void unpack(InputStream in, Path library) throws IOException {
    Path part = library.resolveSibling("unpacking.part");
    Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
    try {
      Files.move(part, library, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, library, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
