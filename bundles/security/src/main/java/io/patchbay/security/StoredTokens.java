package io.patchbay.security;

import io.patchbay.access.Principal;
import io.patchbay.access.Role;
import io.patchbay.access.Tokens;
import io.patchbay.security.Contents.StoredToken;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Tokens of 256 random bits; a digest without salt is enough for those. */
@Component
public final class StoredTokens implements Tokens {
  /** So that tools that look for leaked secrets can tell one. */
  static final String PREFIX = "pb_";

  private static final int BOUND = 1000;

  private final OpenVault vault;

  @Activate
  public StoredTokens(@Reference OpenVault vault) {
    this.vault = vault;
  }

  @Override
  public Optional<Principal> authenticate(String token) {
    if (!token.startsWith(PREFIX) || token.length() > 64) {
      return Optional.empty();
    }
    byte[] digest = digest(token).shared();
    StoredToken found = null;
    for (StoredToken stored : vault.contents().tokens().values()) {
      if (MessageDigest.isEqual(stored.digest().shared(), digest)) {
        found = stored;
      }
    }
    return Optional.ofNullable(found)
        .map(stored -> new Principal(stored.token().name(), stored.token().role()));
  }

  @Override
  public String issue(String name, Role role) throws IOException {
    Names.checkName("token", name);
    String token = PREFIX + OpenVault.secret(vault.random(), 256);
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    vault.change(
        before -> {
          if (before.tokens().containsKey(name)) {
            throw new IllegalArgumentException(
                "there is a token named " + name + "; revoke it or choose another name");
          }
          if (before.tokens().size() >= BOUND) {
            throw new IllegalArgumentException(
                "there are " + BOUND + " tokens, the most the hub keeps; revoke some");
          }
          Map<String, StoredToken> tokens = new TreeMap<>(before.tokens());
          tokens.put(name, new StoredToken(new Token(name, role, now), digest(token)));
          return new Contents(tokens, before.credentials(), before.secrets());
        });
    return token;
  }

  @Override
  public boolean revoke(String name) throws IOException {
    if (!vault.contents().tokens().containsKey(name)) {
      return false;
    }
    boolean[] there = new boolean[1];
    vault.change(
        before -> {
          Map<String, StoredToken> tokens = new TreeMap<>(before.tokens());
          there[0] = tokens.remove(name) != null;
          return new Contents(tokens, before.credentials(), before.secrets());
        });
    return there[0];
  }

  @Override
  public List<Token> list() {
    return vault.contents().tokens().values().stream().map(StoredToken::token).toList();
  }

  static Bytes digest(String token) {
    try {
      return Bytes.wrap(MessageDigest.getInstance("SHA-256").digest(Bytes.utf8(token).shared()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no SHA-256", e);
    }
  }
}
