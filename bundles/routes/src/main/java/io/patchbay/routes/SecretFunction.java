package io.patchbay.routes;

import io.patchbay.access.Secrets;
import java.util.Optional;
import org.apache.camel.spi.PropertiesFunction;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** {@code {{secret:NAME}}} in a file stands for a secret of the hub, which is in no file. */
final class SecretFunction implements PropertiesFunction {
  private final BundleContext context;

  SecretFunction(BundleContext context) {
    this.context = context;
  }

  @Override
  public String getName() {
    return "secret";
  }

  @Override
  public String apply(String name) {
    ServiceReference<Secrets> reference = context.getServiceReference(Secrets.class);
    Secrets secrets = reference == null ? null : context.getService(reference);
    if (secrets == null) {
      return name; // files are only checked: there are no secrets, and nothing is connected
    }
    Optional<String> secret = secrets.find(name);
    return secret.orElseThrow(() -> new MissingSecretException(name));
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
