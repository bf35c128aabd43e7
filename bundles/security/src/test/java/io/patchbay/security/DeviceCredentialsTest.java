package io.patchbay.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.access.DeviceCredentials.DeviceCredential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DeviceCredentialsTest {
  private Path data = Path.of("unset");

  @BeforeEach
  void in(@TempDir Path directory) {
    data = directory;
  }

  @Test
  void refusesWrongPasswordsUnknownUsersAndStrangePlaces() throws IOException {
    StoredDeviceCredentials credentials = open();
    credentials.put(new DeviceCredential("plug", List.of("a/#"), List.of(), false), "secret");
    credentials.put(new DeviceCredential("near", List.of("a/#"), List.of(), true), "secret");
    assertThat(credentials.verify("plug", "Secret", false)).isEmpty();
    assertThat(credentials.verify("plug", "", false)).isEmpty();
    assertThat(credentials.verify("plug", "x".repeat(2000), false)).isEmpty();
    assertThat(credentials.verify("none", "secret", true)).isEmpty();
    assertThat(credentials.verify("near", "secret", false)).isEmpty();
    assertThat(credentials.verify("near", "secret", true)).isPresent();
    assertThat(credentials.verify("near", "secret", false)).as("known by now").isEmpty();
    assertThat(credentials.verify("plug", "secret", false)).isPresent();
    assertThat(credentials.verify("plug", "Secret", false)).as("known by now").isEmpty();
  }

  @Test
  void aReplacedPasswordIsForgottenAlsoWhenItWasUsed() throws IOException {
    StoredDeviceCredentials credentials = open();
    DeviceCredential plug = new DeviceCredential("plug", List.of("a/#"), List.of(), false);
    credentials.put(plug, "first");
    assertThat(credentials.verify("plug", "first", false)).isPresent();
    credentials.put(plug, "second");
    assertThat(credentials.verify("plug", "first", false)).isEmpty();
    assertThat(credentials.verify("plug", "second", false)).isPresent();
    assertThat(credentials.remove("plug")).isTrue();
    assertThat(credentials.remove("plug")).isFalse();
    assertThat(credentials.verify("plug", "second", false)).isEmpty();
  }

  @Test
  void theFirstDeviceIsGoodOnLoopbackOnlyAndSurvivesARestart() throws IOException {
    open();
    String[] login = Files.readString(data.resolve("mqtt-device")).strip().split(":", 2);
    StoredDeviceCredentials restarted = open();
    assertThat(restarted.verify(login[0], login[1], false)).isEmpty();
    assertThat(restarted.verify(login[0], login[1], true))
        .hasValue(new DeviceCredential("mqtt-device", List.of("#"), List.of("#"), true));
    assertThat(restarted.list()).hasSize(1);
  }

  @Test
  void theHubsLoginIsNewAtEveryStartAndGoodOnLoopbackOnly() throws IOException {
    StoredDeviceCredentials credentials = open();
    var hub = credentials.hub();
    assertThat(credentials.verify(hub.user(), hub.password(), true)).isPresent();
    assertThat(credentials.verify(hub.user(), hub.password(), false)).isEmpty();
    assertThat(credentials.verify(hub.user(), "x", true)).isEmpty();
    assertThat(open().hub().password()).isNotEqualTo(hub.password());
    assertThat(hub.toString()).doesNotContain(hub.password());
    assertThat(credentials.list()).noneMatch(known -> known.user().equals(hub.user()));
  }

  @Test
  void refusesUsersAndFiltersThatCannotBe() throws IOException {
    StoredDeviceCredentials credentials = open();
    for (String user : List.of("", "a:b", "patchbay-hub", "a b", "-a", "x".repeat(65))) {
      assertRefused(credentials, user, "a");
    }
    for (String filter : List.of("", "a/#/b", "a#", "+a", "$SYS/#", "a\u0000", "$share/g/a")) {
      assertRefused(credentials, "plug", filter);
    }
    credentials.put(new DeviceCredential("plug", List.of("+/a/#", "#"), List.of("+"), true), "x");
  }

  @Test
  void forgetsTheLoginUsedLongestAgoWhenFull() {
    SecureRandom random = new SecureRandom();
    VerifiedLogins logins = new VerifiedLogins(new byte[32], 2);
    PasswordDigest digest = PasswordDigest.of("x", 1, random);
    logins.add("a", digest, "x");
    logins.add("b", digest, "x");
    assertThat(logins.has("a", digest, "x")).isTrue();
    logins.add("c", digest, "x");
    assertThat(logins.has("b", digest, "x")).isFalse();
    assertThat(logins.has("a", digest, "x")).isTrue();
    assertThat(logins.has("a", PasswordDigest.of("x", 1, random), "x")).isFalse();
  }

  private StoredDeviceCredentials open() throws IOException {
    SecuritySettings settings = Settings.in(data);
    return new StoredDeviceCredentials(new OpenVault(settings), settings);
  }

  private static void assertRefused(
      StoredDeviceCredentials credentials, String user, String filter) {
    assertThatThrownBy(
            () ->
                credentials.put(new DeviceCredential(user, List.of(filter), List.of(), true), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("\u0000");
  }
}
