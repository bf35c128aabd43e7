package io.patchbay.security;

import java.io.IOException;
import java.nio.file.Path;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The configuration of this room, shared by its components. */
@Component(service = SecuritySettings.class, configurationPid = "io.patchbay.security")
@Designate(ocd = SecuritySettings.Config.class)
public final class SecuritySettings {
  /** Keys of {@code io.patchbay.security}. */
  @ObjectClassDefinition(id = "io.patchbay.security", name = "Security")
  public @interface Config {
    @AttributeDefinition(
        description =
            "File of the key that encrypts the store; relative paths start at the data directory."
                + " Put it on another disk to keep key and data apart.")
    String keyFile() default "security/key";

    @AttributeDefinition(
        description = "Rounds of PBKDF2 for device passwords set from now on, 1000 to 10000000",
        min = "1000",
        max = "10000000")
    int iterations() default 60_000;

    @AttributeDefinition(
        description = "Bytes of one audit file before the next is begun, from 4096",
        min = "4096")
    int auditFileBytes() default 4_194_304;

    @AttributeDefinition(
        description = "Audit files kept, 1 to 1000; the oldest goes first",
        min = "1",
        max = "1000")
    int auditFiles() default 8;
  }

  private final Path data;
  private final Path keyFile;
  private final int iterations;
  private final int auditFileBytes;
  private final int auditFiles;

  @Activate
  public SecuritySettings(BundleContext context, Config config) throws IOException {
    this(dataOf(context), config);
  }

  SecuritySettings(Path data, Config config) throws IOException {
    this.data = data;
    keyFile = data.resolve(config.keyFile()).normalize();
    iterations = inRange("iterations", config.iterations(), 1000, 10_000_000);
    auditFileBytes =
        inRange("auditFileBytes", config.auditFileBytes(), 4096, Integer.MAX_VALUE - 65_536);
    auditFiles = inRange("auditFiles", config.auditFiles(), 1, 1000);
    PrivateFiles.directory(directory());
  }

  /** Where everything of this room lies. */
  Path directory() {
    return data.resolve("security");
  }

  Path data() {
    return data;
  }

  Path keyFile() {
    return keyFile;
  }

  int iterations() {
    return iterations;
  }

  int auditFileBytes() {
    return auditFileBytes;
  }

  int auditFiles() {
    return auditFiles;
  }

  private static Path dataOf(BundleContext context) {
    String data = context.getProperty("patchbay.data");
    if (data == null) {
      throw new IllegalStateException(
          "the framework property patchbay.data is missing: it names the data directory");
    }
    return Path.of(data);
  }

  private static int inRange(String key, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "io.patchbay.security: "
              + key
              + " must be "
              + least
              + " to "
              + most
              + ", but is "
              + value);
    }
    return value;
  }
}
