package io.patchbay.security;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.nio.file.Path;

/** Settings for tests: few rounds, small audit files. */
final class Settings {
  private Settings() {}

  static SecuritySettings in(Path data) throws IOException {
    return in(data, "security/key");
  }

  static SecuritySettings in(Path data, String keyFile) throws IOException {
    return new SecuritySettings(data, new Few(keyFile));
  }

  private record Few(String keyFile) implements SecuritySettings.Config {
    @Override
    public int iterations() {
      return 1000;
    }

    @Override
    public int auditFileBytes() {
      return 4096;
    }

    @Override
    public int auditFiles() {
      return 3;
    }

    @Override
    public Class<? extends Annotation> annotationType() {
      return SecuritySettings.Config.class;
    }
  }
}
