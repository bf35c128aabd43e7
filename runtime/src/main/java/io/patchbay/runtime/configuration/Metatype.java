package io.patchbay.runtime.configuration;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * What the bundles say can be configured: their {@code OSGI-INF/metatype/*.xml} (OSGi Compendium 8,
 * clause 105.8).
 */
final class Metatype {
  private static final String FOLDER = "OSGI-INF/metatype/";

  /** Keys of one PID. */
  record Schema(boolean factory, Map<String, Attribute> attributes) {}

  private final Map<String, Schema> schemas = new TreeMap<>();

  private Metatype() {}

  /**
   * @param folders whose jars are read; a folder that does not exist has none
   */
  static Metatype of(List<Path> folders) {
    Metatype metatype = new Metatype();
    for (Path folder : folders) {
      for (Path jar : jars(folder)) {
        metatype.readJar(jar);
      }
    }
    return metatype;
  }

  Optional<Schema> find(String pid) {
    return Optional.ofNullable(schemas.get(pid));
  }

  /** All PIDs, sorted. */
  List<String> pids() {
    return List.copyOf(schemas.keySet());
  }

  private static List<Path> jars(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  /** A jar that cannot be read configures nothing; the deployer says what is wrong with it. */
  private void readJar(Path path) {
    try (JarFile jar = new JarFile(path.toFile())) {
      if (jar.getEntry(FOLDER) == null && jar.getEntry("OSGI-INF/") == null) {
        return;
      }
      for (ZipEntry entry : jar.stream().toList()) {
        String name = entry.getName();
        if (name.startsWith(FOLDER) && name.endsWith(".xml")) {
          try (InputStream in = jar.getInputStream(entry)) {
            read(in);
          }
        }
      }
    } catch (IOException | XMLStreamException unreadable) {
      // as above
    }
  }

  void read(InputStream in) throws XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    XMLStreamReader xml = factory.createXMLStreamReader(in);
    Map<String, Map<String, Attribute>> classes = new HashMap<>();
    Map<String, Attribute> current = new LinkedHashMap<>();
    String pid = "";
    boolean forFactory = false;
    while (xml.hasNext()) {
      if (xml.next() != XMLStreamConstants.START_ELEMENT) {
        continue;
      }
      switch (xml.getLocalName()) {
        case "OCD" -> {
          current = new LinkedHashMap<>();
          classes.put(text(xml, "id"), current);
        }
        case "AD" -> {
          Attribute attribute = attribute(xml);
          current.put(attribute.key(), attribute);
        }
        case "Designate" -> {
          forFactory = !text(xml, "factoryPid").isEmpty();
          pid = forFactory ? text(xml, "factoryPid") : text(xml, "pid");
        }
        case "Object" ->
            schemas.put(
                pid, new Schema(forFactory, classes.getOrDefault(text(xml, "ocdref"), Map.of())));
        default -> {
          // Icons and foreign extensions say nothing about values
        }
      }
    }
  }

  private static Attribute attribute(XMLStreamReader xml) throws XMLStreamException {
    String key = text(xml, "id");
    Attribute.Type type = Attribute.Type.of(text(xml, "type"));
    boolean many = !List.of("", "0").contains(text(xml, "cardinality"));
    Optional<String> fallback = optional(xml, "default");
    Optional<String> min = optional(xml, "min");
    Optional<String> max = optional(xml, "max");
    List<String> options = new ArrayList<>();
    while (xml.next() != XMLStreamConstants.END_ELEMENT || !"AD".equals(xml.getLocalName())) {
      if (xml.isStartElement() && "Option".equals(xml.getLocalName())) {
        options.add(text(xml, "value"));
      }
    }
    return new Attribute(key, type, many, fallback, min, max, options);
  }

  private static String text(XMLStreamReader xml, String attribute) {
    return optional(xml, attribute).orElse("");
  }

  private static Optional<String> optional(XMLStreamReader xml, String attribute) {
    @Nullable String value = xml.getAttributeValue(null, attribute);
    return Optional.ofNullable(value);
  }
}
