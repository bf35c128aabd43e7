package io.patchbay.northbound.rest;

import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Principal;
import io.patchbay.access.Role;
import io.patchbay.access.Secrets;
import io.patchbay.access.Tokens;
import io.patchbay.deployment.Deployer;
import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;

/** The rooms that an administrator asks for something, in memory. */
final class FakeOffices {
  final List<Path> uploads = new CopyOnWriteArrayList<>();
  private final Map<String, String> profiles = new ConcurrentSkipListMap<>();
  private final Map<String, String> secrets = new ConcurrentSkipListMap<>();
  private final Map<String, DeviceCredentials.DeviceCredential> credentials =
      new ConcurrentSkipListMap<>();
  private final Map<String, Role> tokens = new ConcurrentSkipListMap<>();

  FakeOffices() {
    for (Role role : Role.values()) {
      tokens.put(role.name().toLowerCase(Locale.ROOT), role);
    }
  }

  void register(BundleContext context) {
    context.registerService(DeviceCredentials.class, new FakeCredentials(), null);
    context.registerService(Tokens.class, new FakeTokens(), null);
    context.registerService(Deployer.class, new FakeDeployer(), null);
    context.registerService(Secrets.class, new FakeSecrets(), null);
    context.registerService(
        Documents.class,
        new FakeDocuments(),
        FrameworkUtil.asDictionary(Map.of(Documents.KIND, "profile")));
  }

  private final class FakeTokens implements Tokens {

    @Override
    public Optional<Principal> authenticate(String token) {
      return Optional.ofNullable(tokens.get(token)).map(role -> new Principal(token, role));
    }

    @Override
    public String issue(String name, Role role) {
      if (tokens.putIfAbsent(name, role) != null) {
        throw new IllegalArgumentException("there is a token '" + name + "' already");
      }
      return name;
    }

    @Override
    public boolean revoke(String name) {
      return tokens.remove(name) != null;
    }

    @Override
    public List<Token> list() {
      return tokens.entrySet().stream()
          .map(entry -> new Token(entry.getKey(), entry.getValue(), FakeRooms.TIME))
          .toList();
    }
  }

  private final class FakeDeployer implements Deployer {
    @Override
    public List<DeployedBundle> list() {
      return List.of(bundle("io.patchbay.binding.sim"));
    }

    private static DeployedBundle bundle(String name) {
      return new DeployedBundle(7, name, "Sim", "0.1.0", "active", true, "");
    }

    @Override
    public DeployedBundle deploy(Path jar) throws RefusedException, IOException {
      if (Files.size(jar) < 10) {
        throw new RefusedException("it is not a readable jar");
      }
      uploads.add(jar);
      return bundle("new");
    }

    @Override
    public DeployedBundle start(String symbolicName) {
      return bundle(symbolicName);
    }

    @Override
    public DeployedBundle stop(String symbolicName) throws RefusedException {
      throw new RefusedException(symbolicName + " belongs to the platform");
    }

    @Override
    public void remove(String symbolicName) {
      // whoever asks is told that it is done
    }
  }

  private final class FakeCredentials implements DeviceCredentials {
    @Override
    public Optional<DeviceCredential> verify(String user, String password, boolean fromLoopback) {
      return Optional.empty();
    }

    @Override
    public void put(DeviceCredential credential, String password) {
      credentials.put(credential.user(), credential);
      secrets.put("password-of-" + credential.user(), password);
    }

    @Override
    public boolean remove(String user) {
      return credentials.remove(user) != null;
    }

    @Override
    public List<DeviceCredential> list() {
      return List.copyOf(credentials.values());
    }

    @Override
    public Login hub() {
      return new Login("hub", "hub");
    }
  }

  private final class FakeSecrets implements Secrets {
    @Override
    public Optional<String> find(String name) {
      return Optional.ofNullable(secrets.get(name));
    }

    @Override
    public void put(String name, String secret) {
      secrets.put(name, secret);
    }

    @Override
    public boolean remove(String name) {
      return secrets.remove(name) != null;
    }

    @Override
    public List<String> names() {
      return List.copyOf(secrets.keySet());
    }
  }

  private final class FakeDocuments implements Documents {
    @Override
    public List<Document> list() {
      return profiles.keySet().stream().map(FakeDocuments::document).toList();
    }

    private static Document document(String id) {
      return new Document(id, id, "1", false, "active", List.of());
    }

    @Override
    public Optional<String> text(String id) {
      return Optional.ofNullable(profiles.get(id));
    }

    @Override
    public Document put(String id, String text) throws RefusedException {
      if (!text.contains("id: " + id)) {
        throw new RefusedException(id + ".yaml:1: error: 'id' must be '" + id + "'");
      }
      profiles.put(id, text);
      return document(id);
    }

    @Override
    public boolean remove(String id) {
      return profiles.remove(id) != null;
    }
  }
}
