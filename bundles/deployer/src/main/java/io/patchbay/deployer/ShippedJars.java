package io.patchbay.deployer;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;

/** Finds the jar that a bundle of the distribution was installed from, so that it can come back. */
final class ShippedJars {
  private final Optional<Path> folder;

  /**
   * @param folder {@code bundles/} of the distribution, when known
   */
  ShippedJars(Optional<Path> folder) {
    this.folder = folder;
  }

  /**
   * @throws RefusedException when it is nowhere: then it must not be replaced
   */
  Path find(Bundle bundle) throws RefusedException, IOException {
    for (Path jar : places(bundle)) {
      if (Files.isRegularFile(jar) && bundle.getSymbolicName().equals(symbolicName(jar))) {
        return jar;
      }
    }
    throw new RefusedException(
        "the shipped jar of "
            + bundle.getSymbolicName()
            + " is not found (it was installed from "
            + bundle.getLocation()
            + "), so it could not come back; put it there again");
  }

  private List<Path> places(Bundle bundle) throws IOException {
    List<Path> places = new ArrayList<>();
    String location = bundle.getLocation();
    if (location.startsWith("reference:")) {
      location = location.substring("reference:".length());
    }
    try {
      places.add(location.startsWith("file:") ? Path.of(URI.create(location)) : Path.of(location));
    } catch (IllegalArgumentException e) {
      // The location is no path; the folder may have it.
    }
    if (folder.isPresent() && Files.isDirectory(folder.get())) {
      try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.get(), "*.jar")) {
        jars.forEach(places::add);
      }
    }
    return places;
  }

  private static String symbolicName(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String name =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME);
      return name == null ? "" : name.split(";", 2)[0].trim();
    }
  }
}
