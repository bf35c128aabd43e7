package io.patchbay.itests.enterprise;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** PostgreSQL of the Debian package, with a cluster of its own that ends with it. */
final class PostgresPeer implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final Path folder;
  private final String password;
  private final int port;
  private final Process process;

  private PostgresPeer(Path folder, String password, int port, Process process) {
    this.folder = folder;
    this.password = password;
    this.port = port;
    this.process = process;
  }

  static PostgresPeer start(String password)
      throws IOException, InterruptedException, SQLException {
    // a folder that its own user can reach: it does not run as root
    Path folder =
        Files.createTempDirectory(
            "patchbay-postgres",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Path bin = programs();
    Path secret = folder.resolve("password");
    Files.writeString(secret, password);
    if (root()) {
      run(folder, List.of("chown", "-R", "postgres", folder.toString()));
    }
    run(
        folder,
        asUser(
            bin.resolve("initdb").toString(),
            "--auth=scram-sha-256",
            "--username=patchbay",
            "--pwfile=" + secret,
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--pgdata=" + folder.resolve("data")));
    int port = Ports.free();
    Process process =
        new ProcessBuilder(
                asUser(
                    bin.resolve("postgres").toString(),
                    "-D",
                    folder.resolve("data").toString(),
                    "-h",
                    "127.0.0.1",
                    "-p",
                    Integer.toString(port),
                    "-k",
                    folder.toString(),
                    "-c",
                    "fsync=off"))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolveSibling(folder.getFileName() + ".log").toFile())
            .start();
    PostgresPeer peer = new PostgresPeer(folder, password, port, process);
    peer.awaitConnection();
    return peer;
  }

  private static Path programs() throws IOException {
    List<Path> found = new ArrayList<>();
    Path base = Path.of("/usr/lib/postgresql");
    if (Files.isDirectory(base)) {
      try (DirectoryStream<Path> versions = Files.newDirectoryStream(base)) {
        for (Path version : versions) {
          if (Files.isExecutable(version.resolve("bin/initdb"))) {
            found.add(version.resolve("bin"));
          }
        }
      }
    }
    return found.stream()
        .max(Path::compareTo)
        .orElseThrow(() -> new IOException("PostgreSQL is missing: apt-get install postgresql"));
  }

  private static boolean root() {
    return System.getProperty("user.name").equals("root");
  }

  private static List<String> asUser(String... command) {
    List<String> words = new ArrayList<>();
    if (root()) {
      words.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    }
    words.addAll(List.of(command));
    return words;
  }

  private static void run(Path folder, List<String> command)
      throws IOException, InterruptedException {
    Path log = folder.resolveSibling(folder.getFileName() + ".log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(command.get(0) + " failed: " + Files.readString(log));
    }
  }

  private void awaitConnection() throws IOException, SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try (Connection connection = connect("postgres");
          Statement statement = connection.createStatement()) {
        statement.execute("create database patchbay");
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          close();
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/patchbay";
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, "patchbay", password);
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = connect("patchbay");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Rows of a query, their columns with a blank between. */
  List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect("patchbay");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      while (result.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          columns.add(String.valueOf(result.getString(i)));
        }
        rows.add(String.join(" ", columns));
      }
    }
    return rows;
  }

  @Override
  public void close() throws IOException {
    process.destroy(); // SIGTERM waits for sessions, and there are none that matter
    try {
      process.toHandle().children().forEach(ProcessHandle::destroyForcibly);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(folder.resolveSibling(folder.getFileName() + ".log"));
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
