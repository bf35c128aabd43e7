package io.patchbay.deployer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Builds a small bundle from sources. */
final class TinyBundle {
  private final Map<String, String> headers = new LinkedHashMap<>();
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, byte[]> resources = new LinkedHashMap<>();

  private TinyBundle(String symbolicName, String version) {
    headers.put("Bundle-ManifestVersion", "2");
    headers.put("Bundle-SymbolicName", symbolicName);
    headers.put("Bundle-Version", version);
  }

  static TinyBundle of(String symbolicName, String version) {
    return new TinyBundle(symbolicName, version);
  }

  TinyBundle header(String key, String value) {
    headers.put(key, value);
    return this;
  }

  TinyBundle source(String className, String code) {
    sources.put(className, code);
    return this;
  }

  TinyBundle resource(String name, byte[] octets) {
    resources.put(name, octets);
    return this;
  }

  /** With an activator that runs this on start. */
  TinyBundle activator(String statements) {
    String pkg = headers.getOrDefault("Bundle-SymbolicName", "x") + ".inside";
    headers.put("Bundle-Activator", pkg + ".Start");
    headers.merge("Import-Package", "org.osgi.framework", (one, two) -> one + "," + two);
    return source(
        pkg + ".Start",
        "package "
            + pkg
            + "; public class Start implements org.osgi.framework.BundleActivator {"
            + " public void start(org.osgi.framework.BundleContext c) throws Exception {"
            + statements
            + "} public void stop(org.osgi.framework.BundleContext c) {} }");
  }

  /**
   * With an immediate declarative component whose constructor runs this.
   *
   * @param reference interface of a service that it needs, or empty
   */
  TinyBundle component(String statements, String reference) {
    String pkg = headers.getOrDefault("Bundle-SymbolicName", "x") + ".inside";
    headers.put("Service-Component", "OSGI-INF/one.xml");
    String needs =
        reference.isEmpty() ? "" : "<reference name=\"needed\" interface=\"" + reference + "\"/>";
    resource(
        "OSGI-INF/one.xml",
        ("<scr:component xmlns:scr=\"http://www.osgi.org/xmlns/scr/v1.3.0\" name=\"one\""
                + " immediate=\"true\"><implementation class=\""
                + pkg
                + ".One\"/>"
                + needs
                + "</scr:component>")
            .getBytes(StandardCharsets.UTF_8));
    return source(
        pkg + ".One",
        "package " + pkg + "; public class One { public One() {" + statements + "} }");
  }

  Path at(Path jar) throws IOException {
    Path classes = Files.createTempDirectory("tiny");
    Path part = Files.createTempFile("tiny", ".jar");
    try {
      compile(classes);
      pack(classes, part);
      Files.copy(part, jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.delete(part);
      try (Stream<Path> walk = Files.walk(classes)) {
        for (Path found : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(found);
        }
      }
    }
    return jar;
  }

  private void pack(Path classes, Path part) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.forEach((key, value) -> manifest.getMainAttributes().putValue(key, value));
    try (OutputStream file = Files.newOutputStream(part);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> walk = Files.walk(classes)) {
      for (Path found : walk.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new ZipEntry(classes.relativize(found).toString()));
        out.write(Files.readAllBytes(found));
      }
      for (Map.Entry<String, byte[]> resource : resources.entrySet()) {
        out.putNextEntry(new ZipEntry(resource.getKey()));
        out.write(resource.getValue());
      }
    }
  }

  private void compile(Path classes) {
    if (sources.isEmpty()) {
      return;
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((name, code) -> units.add(new Source(name, code)));
    boolean compiled =
        compiler
            .getTask(null, null, null, List.of("-d", classes.toString(), "-proc:none"), null, units)
            .call();
    if (!compiled) {
      throw new IllegalArgumentException("the source of a tiny bundle does not compile");
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String code;

    Source(String className, String code) {
      super(URI.create("string:///" + className.replace('.', '/') + ".java"), Kind.SOURCE);
      this.code = code;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return code;
    }
  }
}
