package io.patchbay.security;

import io.patchbay.access.Secrets;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Secrets in the vault; names are not secret. */
@Component
public final class StoredSecrets implements Secrets {
  private static final int BOUND = 10_000;
  private static final int MAX_LENGTH = 65_536;

  private final OpenVault vault;

  @Activate
  public StoredSecrets(@Reference OpenVault vault) {
    this.vault = vault;
  }

  @Override
  public Optional<String> find(String name) {
    return Optional.ofNullable(vault.contents().secrets().get(name));
  }

  @Override
  public void put(String name, String secret) throws IOException {
    Names.checkName("secret", name);
    if (secret.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a secret has at most " + MAX_LENGTH + " characters; that of " + name + " has more");
    }
    vault.change(
        before -> {
          Map<String, String> secrets = new TreeMap<>(before.secrets());
          secrets.put(name, secret);
          if (secrets.size() > BOUND) {
            throw new IllegalArgumentException(
                "there are " + BOUND + " secrets, the most the hub keeps; remove some");
          }
          return new Contents(before.tokens(), before.credentials(), secrets);
        });
  }

  @Override
  public boolean remove(String name) throws IOException {
    if (!vault.contents().secrets().containsKey(name)) {
      return false;
    }
    boolean[] there = new boolean[1];
    vault.change(
        before -> {
          Map<String, String> secrets = new TreeMap<>(before.secrets());
          there[0] = secrets.remove(name) != null;
          return new Contents(before.tokens(), before.credentials(), secrets);
        });
    return there[0];
  }

  @Override
  public List<String> names() {
    return List.copyOf(vault.contents().secrets().keySet());
  }
}
