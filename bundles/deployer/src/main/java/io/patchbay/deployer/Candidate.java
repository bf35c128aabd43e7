package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A jar that was read to its end and is a bundle.
 *
 * @param digest SHA-256 of the file, in hexadecimal
 * @param overlapping whether its header {@value #REPLACEMENT} says that it takes over while the one
 *     before it still runs
 */
record Candidate(
    Path jar,
    String symbolicName,
    String name,
    Version version,
    String digest,
    boolean overlapping) {
  private static final String REPLACEMENT = "Patchbay-Replacement";
  private static final String OVERLAPPING = "overlapping";
  private static final int MAX_ENTRIES = 50_000;
  private static final int MAX_MANIFEST_OCTETS = 1 << 20;
  private static final Pattern SYMBOLIC_NAME =
      Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

  /**
   * Bounds of what is accepted.
   *
   * @param jarOctets largest jar
   * @param unpackedOctets largest sum of its entries, unpacked
   */
  record Limits(long jarOctets, long unpackedOctets) {}

  /**
   * Reads and checks a jar: every entry is unpacked once, so that a torn file or a bomb is found
   * before anything is touched.
   *
   * @throws RefusedException when it is no bundle, saying why
   */
  static Candidate read(Path jar, Limits limits) throws RefusedException, IOException {
    String file = String.valueOf(jar.getFileName());
    if (!Files.isRegularFile(jar)) {
      throw new RefusedException(file + " is not a file; accepted: an OSGi bundle (.jar)");
    }
    if (Files.size(jar) > limits.jarOctets()) {
      throw new RefusedException(
          file + " has " + Files.size(jar) + " bytes; accepted: at most " + limits.jarOctets());
    }
    Manifest manifest;
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      unpack(zip, file, limits);
      manifest = manifest(zip, file);
    } catch (ZipException | IllegalArgumentException e) {
      throw new RefusedException(
          file + " is not a readable jar (" + e.getMessage() + "); copy it again");
    }
    Attributes main = manifest.getMainAttributes();
    String symbolicName = value(main, Constants.BUNDLE_SYMBOLICNAME);
    int semicolon = symbolicName.indexOf(';');
    symbolicName = (semicolon < 0 ? symbolicName : symbolicName.substring(0, semicolon)).trim();
    if (!SYMBOLIC_NAME.matcher(symbolicName).matches()) {
      throw new RefusedException(
          file
              + (symbolicName.isEmpty()
                  ? " has no Bundle-SymbolicName in its manifest"
                  : " has the Bundle-SymbolicName '" + symbolicName + "', which is not allowed")
              + ": it is a plain jar, not an OSGi bundle; build it with bnd");
    }
    if (!value(main, Constants.FRAGMENT_HOST).isEmpty()) {
      throw new RefusedException(
          file + " is a fragment: it would change its host while that runs; deploy the host whole");
    }
    String text = value(main, Constants.BUNDLE_VERSION);
    Version version;
    try {
      version = Version.parseVersion(text);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          file + " has the Bundle-Version '" + text + "'; accepted: 1.2.3 or 1.2.3.qualifier");
    }
    String name = value(main, Constants.BUNDLE_NAME);
    String replacement = value(main, REPLACEMENT);
    if (!replacement.isEmpty() && !replacement.equals(OVERLAPPING)) {
      throw new RefusedException(
          file + " has " + REPLACEMENT + " '" + replacement + "'; accepted: " + OVERLAPPING);
    }
    return new Candidate(
        jar,
        symbolicName,
        name.isEmpty() ? symbolicName : name,
        version,
        digest(jar),
        !replacement.isEmpty());
  }

  private static String value(Attributes main, String key) {
    String value = main.getValue(key);
    return value == null ? "" : value.trim();
  }

  private static void unpack(ZipFile zip, String file, Limits limits)
      throws IOException, RefusedException {
    if (zip.size() > MAX_ENTRIES) {
      throw new RefusedException(
          file + " has " + zip.size() + " entries; accepted: at most " + MAX_ENTRIES);
    }
    byte[] buffer = new byte[16_384];
    long octets = 0;
    for (var entries = zip.entries(); entries.hasMoreElements(); ) {
      ZipEntry entry = entries.nextElement();
      if (entry.getName().startsWith("/") || ("/" + entry.getName() + "/").contains("/../")) {
        throw new RefusedException(file + " has an entry outside of it: " + entry.getName());
      }
      try (InputStream in = zip.getInputStream(entry)) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          octets += read;
          if (octets > limits.unpackedOctets()) {
            throw new RefusedException(
                file
                    + " unpacks to more than "
                    + limits.unpackedOctets()
                    + " bytes, the most accepted");
          }
        }
      }
    }
  }

  private static Manifest manifest(ZipFile zip, String file) throws IOException, RefusedException {
    ZipEntry entry = zip.getEntry("META-INF/MANIFEST.MF");
    if (entry == null) {
      throw new RefusedException(
          file + " has no META-INF/MANIFEST.MF: it is not an OSGi bundle; build it with bnd");
    }
    if (entry.getSize() > MAX_MANIFEST_OCTETS) {
      throw new RefusedException(file + " has a manifest of more than 1 MiB, the most accepted");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return new Manifest(in);
    } catch (ZipException e) {
      throw e;
    } catch (IOException e) {
      throw new RefusedException(file + " has a broken manifest: " + e.getMessage());
    }
  }

  /** Whether an installed bundle says so. */
  static boolean overlapping(Bundle bundle) {
    return OVERLAPPING.equals(bundle.getHeaders("").get(REPLACEMENT));
  }

  static String digest(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[16_384];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  /** A copy of it. */
  Candidate at(Path copy) {
    return new Candidate(copy, symbolicName, name, version, digest, overlapping);
  }

  /** {@code io.patchbay.binding.sim 0.1.0} */
  String title() {
    return symbolicName + " " + version;
  }
}
