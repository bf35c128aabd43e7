package io.patchbay.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.access.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VaultTest {
  private Path data = Path.of("unset");

  @BeforeEach
  void in(@TempDir Path directory) {
    data = directory.resolve("data");
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 15, 20, 60, -1})
  void refusesAStoreOfWhichAnyOctetChanged(int at) throws IOException {
    new StoredSecrets(open()).put("broker", "hunter2");
    byte[] octets = Files.readAllBytes(store());
    octets[at < 0 ? octets.length - 1 : at] ^= 1;
    Files.write(store(), octets);
    assertThatThrownBy(this::open)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not open with the key")
        .hasMessageContaining(store().toString());
    assertThat(Files.readAllBytes(store())).isEqualTo(octets);
  }

  @Test
  void refusesPartOfAStore() throws IOException {
    open();
    byte[] octets = Files.readAllBytes(store());
    Files.write(store(), java.util.Arrays.copyOf(octets, 10));
    assertThatThrownBy(this::open).hasMessageContaining("only a part of one");
    Files.write(store(), new byte[0]);
    assertThatThrownBy(this::open).hasMessageContaining("only a part of one");
  }

  @Test
  void refusesAnotherKeyAndNoKeyAndABrokenKey() throws IOException {
    open();
    Path key = data.resolve("security/key");
    String right = Files.readString(key);
    Files.writeString(key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    assertThatThrownBy(this::open).hasMessageContaining("does not open with the key");
    Files.writeString(key, "not a key");
    assertThatThrownBy(this::open).hasMessageContaining("32 octets in Base64");
    Files.delete(key);
    assertThatThrownBy(this::open).hasMessageContaining("is missing");
    assertThat(key).doesNotExist();
    Files.writeString(key, right);
    assertThat(open().contents().tokens()).hasSize(1);
  }

  @Test
  void aCrashBeforeTheRenameLeavesTheOldContents() throws IOException {
    new StoredSecrets(open()).put("broker", "hunter2");
    Files.writeString(data.resolve("security/store.new"), "half of what was to be");
    StoredSecrets secrets = new StoredSecrets(open());
    assertThat(secrets.find("broker")).hasValue("hunter2");
    secrets.put("other", "x");
    assertThat(data.resolve("security/store.new")).doesNotExist();
    assertThat(new StoredSecrets(open()).names()).containsExactly("broker", "other");
  }

  @Test
  void aCrashInTheFirstStartLetsTheNextBeginAgain() throws IOException {
    open();
    Files.delete(store()); // killed after the files, before the store
    OpenVault vault = open();
    String token = Files.readString(data.resolve("admin-token")).strip();
    assertThat(new StoredTokens(vault).authenticate(token)).isPresent();
  }

  @Test
  void nothingChangesWhenTheDiskRefuses() throws IOException {
    OpenVault vault = open();
    StoredSecrets secrets = new StoredSecrets(vault);
    secrets.put("broker", "hunter2");
    Files.delete(store());
    Files.createDirectories(store().resolve("in-the-way"));
    assertThatThrownBy(() -> secrets.put("broker", "other")).isInstanceOf(IOException.class);
    assertThat(secrets.find("broker")).hasValue("hunter2");
  }

  @Test
  void onlyTheOwnerMayReadWhatIsWritten() throws IOException {
    OpenVault vault = open();
    new StoredTokens(vault).issue("ci", Role.INTEGRATOR);
    new AuditLog(Settings.in(data)).record("a", "b", "c", "done");
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("security"))))
        .isEqualTo("rwx------");
  }

  @Test
  void noSecretIsReadableOnDisk() throws IOException {
    OpenVault vault = open();
    new StoredSecrets(vault).put("broker", "hunter2-hunter2");
    String token = Files.readString(data.resolve("admin-token")).strip();
    String text = Files.readString(store(), StandardCharsets.ISO_8859_1);
    assertThat(text).doesNotContain("hunter2", token, "broker", "admin", "mqtt-device");
  }

  @Test
  void theKeyMayLieElsewhere(@TempDir Path elsewhere) throws IOException {
    Path key = elsewhere.resolve("media/hub.key");
    SecuritySettings settings = Settings.in(data, key.toString());
    new StoredSecrets(new OpenVault(settings)).put("a", "b");
    assertThat(key).exists();
    assertThat(data.resolve("security/key")).doesNotExist();
    assertThat(new StoredSecrets(new OpenVault(settings)).find("a")).isEqualTo(Optional.of("b"));
  }

  @Test
  void namesAreChecked() throws IOException {
    StoredSecrets secrets = new StoredSecrets(open());
    for (String name : List.of("", "a b", "../x", "x".repeat(65), "a\n")) {
      assertThatThrownBy(() -> secrets.put(name, "s"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("\n");
    }
    assertThat(secrets.remove("none")).isFalse();
  }

  private OpenVault open() throws IOException {
    return new OpenVault(Settings.in(data));
  }

  private Path store() {
    return data.resolve("security/store");
  }
}
