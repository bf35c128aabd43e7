package io.patchbay.binding.lwm2m;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mPath;

/**
 * The profile of devices that have the same objects, from the objects' definitions: what can be
 * read is a property, what can be executed an action.
 *
 * @param id the same for the same text
 */
record ProfileDraft(String id, String text) {
  static final String PREFIX = "lwm2m-";

  /** Keys, rights and OSCORE contexts are nobody's data. */
  private static final Set<Integer> HIDDEN = Set.of(0, 2, 21);

  /** Their resources need no object's name before them. */
  private static final Set<Integer> ALONE = Set.of(3, 4, 6);

  /** Objects from here on are sensors and actuators, which have one main resource. */
  private static final int IPSO = 3_200;

  /** Of three axes none is the main one. */
  private static final int X_VALUE = 5_702;

  /** Resources of the core objects whose changes are worth hearing. */
  private static final Set<String> TELLING =
      Set.of("3/3", "3/9", "4/2", "5/3", "5/5", "6/0", "6/1", "6/2");

  /** The unit of a sensor that says none (resource 5701): as the registry describes its object. */
  private static final Map<Integer, String> UNITS =
      Map.ofEntries(
          Map.entry(3301, "lx"),
          Map.entry(3303, "Cel"),
          Map.entry(3304, "%RH"),
          Map.entry(3315, "Pa"),
          Map.entry(3316, "V"),
          Map.entry(3317, "A"),
          Map.entry(3318, "Hz"),
          Map.entry(3320, "%"),
          Map.entry(3321, "m"),
          Map.entry(3322, "kg"),
          Map.entry(3323, "Pa"),
          Map.entry(3324, "dB"),
          Map.entry(3325, "ppm"),
          Map.entry(3326, "pH"),
          Map.entry(3328, "W"),
          Map.entry(3330, "m"),
          Map.entry(3331, "Wh"));

  /** What the registry writes, as SenML knows it. */
  private static final Set<String> SENML_UNITS =
      Set.of("s", "ms", "min", "m", "W", "Wh", "V", "A", "deg", "lat", "lon", "Cel", "var", "dBm");

  /** Resources that are in the unit that resource 5701 of their instance names. */
  static final Set<Integer> MEASURED =
      Set.of(5600, 5601, 5602, 5603, 5604, 5650, 5700, 5702, 5703, 5704);

  static final int SENSOR_UNITS = 5701;

  /**
   * @param instances that the device has registered
   */
  static ProfileDraft of(Collection<LwM2mPath> instances, ModelFiles models) {
    List<String> titles = new ArrayList<>();
    Map<String, String> properties = new TreeMap<>();
    Map<String, String> actions = new TreeMap<>();
    Set<String> names = new LinkedHashSet<>();
    for (LwM2mPath instance : new TreeSet<>(instances)) {
      ObjectModel object = models.find(instance.getObjectId()).orElse(null);
      if (object == null || HIDDEN.contains(object.id)) {
        continue;
      }
      String title = word(object.name);
      if (!titles.contains(title)) {
        titles.add(title);
      }
      for (ResourceModel resource : new TreeMap<>(object.resources).values()) {
        add(object, resource, instance, names, properties, actions);
      }
    }
    StringBuilder text = new StringBuilder();
    text.append("title: ").append(quoted("LwM2M: " + String.join(", ", titles))).append('\n');
    text.append("thing: \"{endpoint}\"\n");
    text.append("forms:\n  resource: { protocol: lwm2m, mediaType: application/senml+json }\n");
    if (!properties.isEmpty()) {
      text.append("properties:\n");
    }
    properties.forEach((name, property) -> text.append(property));
    if (!actions.isEmpty()) {
      text.append("actions:\n");
      actions.forEach((name, action) -> text.append(action));
    }
    String id = PREFIX + digest(text.toString());
    return new ProfileDraft(
        id,
        "# Made by the hub of the OMA definitions of what a device registered; to be copied and"
            + " changed under another id\nid: "
            + id
            + "\n"
            + text);
  }

  private static void add(
      ObjectModel object,
      ResourceModel resource,
      LwM2mPath instance,
      Set<String> names,
      Map<String, String> properties,
      Map<String, String> actions) {
    String name = unique(name(object, resource, instance), resource, names);
    boolean several = Boolean.TRUE.equals(resource.multiple);
    LwM2mPath at = instance.append(resource.id);
    String path = (several ? at.append(0) : at).toString(); // the first of several
    String title = quoted(title(object, resource, instance));
    if (resource.operations.isExecutable()) {
      actions.put(
          name,
          "  "
              + name
              + ": { title: "
              + title
              + ", forms: [ { protocol: lwm2m, path: "
              + path
              + " } ] }\n");
      return;
    }
    String type = type(resource.type);
    if (type.isEmpty()
        || !(resource.operations.isReadable() || (resource.operations.isWritable() && !several))) {
      return;
    }
    List<String> ops = new ArrayList<>();
    boolean telling =
        !several && (main(object, resource) || TELLING.contains(object.id + "/" + resource.id));
    if (resource.operations.isReadable()) {
      ops.add("observeproperty");
      ops.add("readproperty");
    }
    if (resource.operations.isWritable() && !several) {
      ops.add("writeproperty");
    }
    String unit = type.equals("number") || type.equals("integer") ? unit(object, resource) : "";
    properties.put(
        name,
        "  "
            + name
            + ": { title: "
            + title
            + ", semantic: \""
            + object.id
            + "/"
            + resource.id
            + "\", type: "
            + type
            + (unit.isEmpty() ? "" : ", unit: \"" + unit + "\"")
            + ", forms: [ { use: resource, op: "
            + ops
            + (telling || !resource.operations.isReadable() ? "" : ", observe: false")
            + ", path: "
            + path
            + " } ] }\n");
  }

  /** The one mandatory resource of a sensor or actuator. */
  private static boolean main(ObjectModel object, ResourceModel resource) {
    return object.id >= IPSO
        && mandatory(resource)
        && resource.id != X_VALUE
        && object.resources.values().stream().filter(ProfileDraft::mandatory).count() == 1;
  }

  private static boolean mandatory(ResourceModel resource) {
    return Boolean.TRUE.equals(resource.mandatory) && !resource.operations.isExecutable();
  }

  private static String name(ObjectModel object, ResourceModel resource, LwM2mPath instance) {
    String name =
        main(object, resource)
            ? camel(object.name)
            : ALONE.contains(object.id)
                ? camel(resource.name)
                : camel(object.name.replaceAll("(?i)lwm2m", "") + " " + resource.name);
    String suffix = instance.getObjectInstanceId() == 0 ? "" : "_" + instance.getObjectInstanceId();
    return name.substring(0, Math.min(name.length(), 50)) + suffix;
  }

  private static String title(ObjectModel object, ResourceModel resource, LwM2mPath instance) {
    String title =
        main(object, resource) ? word(object.name) : word(object.name) + ": " + word(resource.name);
    return instance.getObjectInstanceId() == 0
        ? title
        : title + " (" + instance.getObjectInstanceId() + ")";
  }

  private static String unique(String name, ResourceModel resource, Set<String> names) {
    String free = names.contains(name) ? name + "_r" + resource.id : name;
    names.add(free);
    return free;
  }

  private static String camel(String words) {
    StringBuilder name = new StringBuilder();
    for (String word : words.split("[^A-Za-z0-9]+")) {
      if (!word.isEmpty()) {
        name.append(
            name.isEmpty()
                ? word.toLowerCase(Locale.ROOT)
                : word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1));
      }
    }
    return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name.toString();
  }

  private static String word(String name) {
    return name.strip().replaceAll("\\s+", " ");
  }

  private static String quoted(String text) {
    return '"' + text.replaceAll("[\"\\\\\\p{Cntrl}]", " ") + '"';
  }

  private static String type(ResourceModel.Type type) {
    return switch (type) {
      case STRING, CORELINK -> "string";
      case INTEGER, UNSIGNED_INTEGER, TIME -> "integer";
      case FLOAT -> "number";
      case BOOLEAN -> "boolean";
      case OPAQUE -> "data";
      case NONE, OBJLNK -> "";
    };
  }

  private static String unit(ObjectModel object, ResourceModel resource) {
    String said = resource.units == null ? "" : resource.units.strip();
    if (object.id == 3 && resource.id == 9) {
      return "%EL";
    } else if (object.id >= IPSO && MEASURED.contains(resource.id)) {
      return UNITS.getOrDefault(object.id, "");
    } else if (said.equals("/100") || said.equals("%")) {
      return "%";
    }
    return SENML_UNITS.contains(said) ? said : "";
  }

  private static String digest(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 5);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
