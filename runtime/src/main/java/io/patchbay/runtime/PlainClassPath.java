package io.patchbay.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Bundles as a virtual machine takes them that runs no framework: jars, and the jars in jars, one
 * after the other, and a list of the protocols that their components would offer as services.
 */
final class PlainClassPath {
  /** One place a line; {@code bin/patchbay} starts a check with them. */
  private static final String LIST = "check.classpath";

  /** The jars of which the list was made. */
  private static final String MARK = "check.of";

  /** The last place of that list. */
  private static final String PREPARED = "check.jar";

  private static final String PROTOCOL = "io.patchbay.southbound.Protocol";
  private static final String SERVICES = "META-INF/services/";
  private static final Pattern COMPONENT =
      Pattern.compile("<implementation class=\"([^\"]+)\"", Pattern.DOTALL);

  /** Bundles that nobody needs who runs no hub, by their symbolic names. */
  private static final Pattern WITHOUT =
      Pattern.compile(FrameworkSettings.load("check.properties").getProperty("without", ""));

  private final List<Path> places = new ArrayList<>();
  private final List<String> protocols = new ArrayList<>();
  private final Path scratch;

  private PlainClassPath(Path scratch) {
    this.scratch = scratch;
  }

  /**
   * Where the classes are.
   *
   * @param files that may name components: when nothing was prepared only these are opened
   * @param further jars that do not ship
   * @param scratch takes the jars out of jars
   */
  static ClassLoader open(Path home, List<Path> files, List<Path> further, Path scratch)
      throws Refusal {
    ClassLoader classes = PlainClassPath.class.getClassLoader();
    try {
      if (!prepared(home)) {
        PlainClassPath all = new PlainClassPath(scratch);
        all.addAll(Hub.jars(home.resolve("lib")));
        all.addAll(shipped(home));
        all.addAll(NamedComponents.of(home.resolve("components"), files));
        classes = all.loader(ClassLoader.getPlatformClassLoader(), "shipped.jar");
      }
      if (!further.isEmpty()) {
        PlainClassPath others = new PlainClassPath(scratch);
        others.addAll(further);
        classes = others.loader(classes, "further.jar");
      }
      return classes;
    } catch (IOException unreadable) {
      throw Refusal.because("A bundle cannot be read: " + unreadable.getMessage() + ".");
    }
  }

  /** Lays down what a start without a framework takes; the bundles are laid out already. */
  static void prepare(Path home) throws IOException, Refusal {
    Path folder = home.resolve("lib").resolve(Unpacked.FOLDER);
    Files.deleteIfExists(folder.resolve(MARK));
    PlainClassPath all = new PlainClassPath(folder);
    all.addAll(shipped(home));
    all.addAll(Hub.jars(home.resolve("components")));
    all.offer(PREPARED);
    List<String> lines =
        all.places.stream().map(place -> home.relativize(place).toString()).toList();
    Files.write(folder.resolve(LIST), lines);
    Files.writeString(folder.resolve(MARK), identity(home));
  }

  /** Whether this program runs on the class path that was prepared, and all is as it was then. */
  private static boolean prepared(Path home) throws IOException, Refusal {
    Path mark = home.resolve("lib").resolve(Unpacked.FOLDER).resolve(MARK);
    return System.getProperty("java.class.path", "").endsWith(PREPARED)
        && Files.exists(mark)
        && Files.readString(mark).equals(identity(home));
  }

  private static List<Path> shipped(Path home) throws Refusal {
    List<Path> jars = new ArrayList<>(Hub.jars(home.resolve("bundles")));
    jars.addAll(Hub.jars(home.resolve("extras")));
    return jars;
  }

  private static String identity(Path home) throws IOException, Refusal {
    List<Path> jars = shipped(home);
    jars.addAll(Hub.jars(home.resolve("components")));
    StringBuilder identity = new StringBuilder();
    for (Path jar : jars) {
      identity.append(jar.getFileName()).append(' ').append(Unpacked.identity(jar)).append('\n');
    }
    return identity.toString();
  }

  private ClassLoader loader(ClassLoader parent, String list) throws IOException {
    offer(list);
    List<URL> urls = new ArrayList<>();
    for (Path place : places) {
      urls.add(place.toUri().toURL());
    }
    return new URLClassLoader("patchbay", urls.toArray(URL[]::new), parent);
  }

  private void addAll(List<Path> jars) throws IOException {
    for (Path jar : jars) {
      try (JarFile file = new JarFile(jar.toFile())) {
        Manifest manifest = file.getManifest();
        if (manifest == null) {
          places.add(Unpacked.of(jar));
        } else if (!WITHOUT
            .matcher(header(manifest, "Bundle-SymbolicName").split(";")[0])
            .matches()) {
          add(jar, file, header(manifest, "Bundle-ClassPath").split("\\s*,\\s*"));
          protocols(file, header(manifest, "Service-Component").split("\\s*,\\s*"));
        }
      }
    }
  }

  private static String header(Manifest manifest, String name) {
    String value = manifest.getMainAttributes().getValue(name);
    return value == null ? "" : value.strip();
  }

  /** The jars in a jar lie where they were laid out, otherwise they are taken out now. */
  private void add(Path jar, JarFile file, String[] classPath) throws IOException {
    Path laid = Unpacked.of(jar);
    places.add(Files.isDirectory(laid) ? jar : laid);
    for (String inner : classPath) {
      JarEntry entry = inner.endsWith(".jar") ? file.getJarEntry(inner) : null;
      if (entry != null && Files.isDirectory(laid)) {
        places.add(laid.resolve(inner));
      } else if (entry != null) {
        Path target = Files.createTempFile(scratch, "inner", ".jar");
        try (InputStream in = file.getInputStream(entry);
            OutputStream out = Files.newOutputStream(target)) {
          in.transferTo(out);
        }
        places.add(target);
      }
    }
  }

  /** A protocol is a component that needs nothing: its class is enough. */
  private void protocols(JarFile file, String[] descriptions) throws IOException {
    for (String name : descriptions) {
      JarEntry entry = name.isEmpty() ? null : file.getJarEntry(name);
      if (entry == null) {
        continue;
      }
      String description;
      try (InputStream in = file.getInputStream(entry)) {
        description = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      Matcher component = COMPONENT.matcher(description);
      if (description.contains("<provide interface=\"" + PROTOCOL + "\"") && component.find()) {
        protocols.add(component.group(1));
      }
    }
  }

  /** What a {@link java.util.ServiceLoader} reads. */
  private void offer(String name) throws IOException {
    Path jar = scratch.resolve(name);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(SERVICES + PROTOCOL));
      out.write(String.join("\n", protocols).getBytes(StandardCharsets.UTF_8));
    }
    places.add(jar);
  }
}
