package io.patchbay.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.access.Principal;
import io.patchbay.access.Role;
import io.patchbay.access.Tokens.Token;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokensTest {
  @Test
  void refusesWhatIsNoToken(@TempDir Path data) throws IOException {
    StoredTokens tokens = new StoredTokens(new OpenVault(Settings.in(data)));
    String right = Files.readString(data.resolve("admin-token")).strip();
    for (String wrong :
        new String[] {"", "pb_", right + "x", right.substring(1), "x".repeat(100_000)}) {
      assertThat(tokens.authenticate(wrong)).isEmpty();
    }
    assertThat(tokens.authenticate(right)).hasValue(new Principal("admin", Role.ADMINISTRATOR));
  }

  @Test
  void issuesOnceAndRevokesForGood(@TempDir Path data) throws IOException {
    StoredTokens tokens = new StoredTokens(new OpenVault(Settings.in(data)));
    String token = tokens.issue("ci", Role.INTEGRATOR);
    assertThatThrownBy(() -> tokens.issue("ci", Role.VIEWER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ci");
    StoredTokens restarted = new StoredTokens(new OpenVault(Settings.in(data)));
    assertThat(restarted.authenticate(token)).hasValue(new Principal("ci", Role.INTEGRATOR));
    assertThat(restarted.list()).extracting(Token::name).containsExactly("admin", "ci");
    assertThat(restarted.revoke("ci")).isTrue();
    assertThat(restarted.revoke("ci")).isFalse();
    assertThat(restarted.authenticate(token)).isEmpty();
  }

  @Test
  void aHubWithoutAdministratorMakesATokenAtTheNextStart(@TempDir Path data) throws IOException {
    StoredTokens tokens = new StoredTokens(new OpenVault(Settings.in(data)));
    String device = Files.readString(data.resolve("mqtt-device"));
    tokens.issue("admin-2", Role.VIEWER);
    tokens.revoke("admin");
    StoredTokens restarted = new StoredTokens(new OpenVault(Settings.in(data)));
    String token = Files.readString(data.resolve("admin-token")).strip();
    assertThat(restarted.authenticate(token)).map(Principal::role).hasValue(Role.ADMINISTRATOR);
    assertThat(Files.readString(data.resolve("mqtt-device"))).isEqualTo(device);
  }
}
