package io.patchbay.routes;

import io.patchbay.access.Secrets;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.spi.PropertiesFunction;

/** {@code {{secret:NAME}}} in a file stands for a secret of the hub, which is in no file. */
final class SecretFunction implements PropertiesFunction {
  private final Supplier<Optional<Secrets>> secrets;

  /**
   * @param secrets empty where files are only checked
   */
  SecretFunction(Supplier<Optional<Secrets>> secrets) {
    this.secrets = secrets;
  }

  @Override
  public String getName() {
    return "secret";
  }

  @Override
  public String apply(String name) {
    Optional<Secrets> there = secrets.get();
    if (there.isEmpty()) {
      return name; // there are no secrets, and nothing is connected
    }
    return there.get().find(name).orElseThrow(() -> new MissingSecretException(name));
  }

  /** Right as the file is, it cannot start before somebody puts the secret. */
  static final class MissingSecretException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String name;

    private MissingSecretException(String name) {
      super("there is no secret named '" + name + "'; PUT /api/v1/secrets/" + name);
      this.name = name;
    }

    String name() {
      return name;
    }
  }
}
