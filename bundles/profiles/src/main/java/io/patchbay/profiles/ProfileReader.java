package io.patchbay.profiles;

import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Formula;
import io.patchbay.profile.Match;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the tree of a profile's file; what does not belong in it is reported with its line. */
final class ProfileReader {
  static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern ID_LINE =
      Pattern.compile("(?m)^[\"']?id[\"']?:[ \\t]+[\"']?([^\\s\"'#]+)");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}");
  private static final Pattern SEMANTIC = Pattern.compile("\\d{1,5}/\\d{1,5}");

  /** The protocol whose payloads are JSON unless a form says otherwise. */
  private static final String MQTT = "mqtt";

  private static final String JSON = "application/json";

  /** What the media types of SenML begin with. */
  private static final String SENML = "application/senml+";

  /**
   * Term of a form of SenML that is made here: the unit of records that say none, where the
   * property's scale begins.
   */
  static final String WIRE_UNIT = "#unit";

  /** A profile with what its check needs besides. */
  record Read(Profile profile, List<FormSite> sites, List<Entry> examples) {}

  private final Entry root;
  private final List<FormSite> sites = new ArrayList<>();
  private final Map<String, String> codecs = new HashMap<>();

  private ProfileReader(Entry root) {
    this.root = root;
  }

  /** Read it is in any case; whether it can be used, the report says. */
  static Read read(Composition.Composed composed, String text, Report report) {
    return new ProfileReader(Entry.root(composed.document(), report)).read(composed.texts() + text);
  }

  /** The id in a file, empty when there is none. */
  static Optional<String> id(YamlDocument document) {
    return Optional.ofNullable(document.root().get("id"))
        .filter(id -> id.isTextual() && ID.matcher(id.textValue()).matches())
        .map(id -> id.textValue());
  }

  /** The id in a text that nobody has parsed; empty when it cannot be told. */
  static Optional<String> idOf(String text) {
    return ID_LINE
        .matcher(text)
        .results()
        .map(line -> line.group(1))
        .filter(id -> ID.matcher(id).matches())
        .findFirst();
  }

  private Read read(String text) {
    root.only(
        "$schema",
        "id",
        "version",
        "title",
        "description",
        "extends",
        "thing",
        "codecs",
        "forms",
        "parts",
        "match",
        "status",
        "properties",
        "actions",
        "events",
        "journal",
        "record",
        "examples");
    String id = root.needed("id");
    if (!id.isEmpty() && !ID.matcher(id).matches()) {
      root.get("id").error("id '" + id + "' has another form; accepted: " + ID.pattern());
    }
    String title = root.get("title").text(id);
    List<Match> match = root.get("match").elements().stream().map(this::match).toList();
    List<Form> status =
        root.get("status").elements().stream()
            .map(entry -> form(entry, FormSite.Role.STATUS, "status", Op.OBSERVE, Map.of()))
            .toList();
    List<Form> parts =
        root.get("parts").elements().stream()
            .map(entry -> form(entry, FormSite.Role.PARTS, "parts", Op.OBSERVE, Map.of()))
            .toList();
    Map<String, Property> properties = new LinkedHashMap<>();
    named("properties", (name, entry) -> properties.put(name, property(name, entry)));
    Map<String, Action> actions = new LinkedHashMap<>();
    named("actions", (name, entry) -> actions.put(name, action(name, entry)));
    Map<String, Event> events = new LinkedHashMap<>();
    named("events", (name, entry) -> events.put(name, event(name, entry)));
    if (properties.isEmpty() && actions.isEmpty() && events.isEmpty()) {
      root.error("a profile has at least one property, action or event");
    }
    Profile profile =
        new Profile(
            id,
            version(root.get("version").text(), text),
            title,
            root.get("thing").text("{device}"),
            match,
            properties,
            actions,
            events,
            status,
            root.get("journal").bool().orElse(true),
            parts,
            root.get("record").bool().orElse(false));
    return new Read(profile, sites, root.get("examples").elements());
  }

  private interface Named {
    void read(String name, Entry entry);
  }

  private void named(String kind, Named each) {
    root.get(kind)
        .members()
        .forEach(
            (name, entry) -> {
              if (NAME.matcher(name).matches()) {
                each.read(name, entry);
              } else {
                entry.error(
                    "the name '" + name + "' has another form; accepted: " + NAME.pattern());
              }
            });
  }

  /** What the author calls it, and eight digits of the text's hash. */
  static String version(Optional<String> said, String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      String digits = HexFormat.of().formatHex(hash, 0, 4);
      return said.map(version -> version + "-" + digits).orElse(digits);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private Match match(Entry entry) {
    form(entry, FormSite.Role.MATCH, "match", Op.OBSERVE, Map.of());
    return match(sites.get(sites.size() - 1));
  }

  /** The match that stands there. */
  static Match match(FormSite site) {
    return new Match(
        site.form(), site.entry().get("has").texts(), site.entry().get("equal").textMap());
  }

  private Property property(String name, Entry entry) {
    entry.only(
        "title",
        "description",
        "semantic",
        "type",
        "unit",
        "from",
        "scale",
        "offset",
        "minimum",
        "maximum",
        "enum",
        "values",
        "readOnly",
        "staleAfter",
        "poll",
        "deadband",
        "minimumInterval",
        "outOfRange",
        "compute",
        "desired",
        "forms");
    String semantic = entry.get("semantic").text("");
    if (!semantic.isEmpty() && !SEMANTIC.matcher(semantic).matches()) {
      entry
          .get("semantic")
          .error("semantic '" + semantic + "' is no IPSO object/resource; accepted: 3303/5700");
    }
    DataSchema schema = SchemaReader.read(entry);
    Optional<Duration> poll = duration(entry.get("poll"));
    Map<String, DataSchema> carried = Map.of(FormSite.VALUE, schema);
    Op usual = poll.isPresent() ? Op.READ : Op.OBSERVE;
    Optional<Formula> compute = ValueRules.compute(name, entry, root.get("properties"));
    List<Form> forms =
        compute.isPresent()
            ? List.of()
            : forms(entry, FormSite.Role.PROPERTY, name, usual, carried);
    boolean writable = forms.stream().anyMatch(form -> form.ops().contains(Op.WRITE));
    boolean readOnly = entry.get("readOnly").bool().orElse(!writable);
    if (!readOnly && !writable) {
      entry
          .get("readOnly")
          .error(name + " is said to be writable, but has no form with op: writeproperty");
    }
    if (poll.isPresent() && forms.stream().noneMatch(form -> form.ops().contains(Op.READ))) {
      entry.get("poll").error(name + " is to be polled, but has no form with op: readproperty");
    }
    return new Property(
        name,
        entry.get("title").text(name),
        semantic,
        schema,
        readOnly,
        duration(entry.get("staleAfter")),
        poll,
        forms,
        ValueRules.keeping(entry, schema),
        compute,
        ValueRules.desired(name, entry, schema, readOnly || compute.isPresent()));
  }

  private Action action(String name, Entry entry) {
    entry.only("title", "description", "input", "forms");
    Map<String, DataSchema> input = schemas(entry.get("input"));
    return new Action(
        name,
        entry.get("title").text(name),
        input,
        forms(entry, FormSite.Role.ACTION, name, Op.INVOKE, input));
  }

  private Event event(String name, Entry entry) {
    entry.only("title", "description", "data", "forms");
    Map<String, DataSchema> data = schemas(entry.get("data"));
    return new Event(
        name,
        entry.get("title").text(name),
        data,
        forms(entry, FormSite.Role.EVENT, name, Op.SUBSCRIBE, data));
  }

  private static Map<String, DataSchema> schemas(Entry fields) {
    Map<String, DataSchema> schemas = new LinkedHashMap<>();
    fields
        .members()
        .forEach(
            (name, entry) -> {
              entry.only(
                  "title",
                  "description",
                  "type",
                  "unit",
                  "from",
                  "scale",
                  "offset",
                  "minimum",
                  "maximum",
                  "enum",
                  "values");
              if (NAME.matcher(name).matches()) {
                schemas.put(name, SchemaReader.read(entry));
              } else {
                entry.error(
                    "the name '" + name + "' has another form; accepted: " + NAME.pattern());
              }
            });
    return schemas;
  }

  static Optional<Duration> duration(Entry entry) {
    return entry
        .text()
        .flatMap(
            text -> {
              Optional<Duration> duration = Durations.parse(text);
              if (duration.isEmpty()) {
                entry.error("'" + text + "' is no duration; accepted: " + Durations.ACCEPTED);
              }
              return duration;
            });
  }

  private List<Form> forms(
      Entry entry, FormSite.Role role, String name, Op usual, Map<String, DataSchema> carried) {
    List<Form> forms =
        entry.get("forms").elements().stream()
            .map(form -> form(form, role, name, usual, carried, entry.get("from").text("")))
            .toList();
    if (forms.isEmpty()) {
      entry.error("'" + name + "' has no forms: nothing can reach it");
    }
    return forms;
  }

  private Form form(
      Entry entry, FormSite.Role role, String name, Op usual, Map<String, DataSchema> carried) {
    return form(entry, role, name, usual, carried, "");
  }

  /**
   * @param from unit on the wire, empty when it is the property's
   */
  private Form form(
      Entry entry,
      FormSite.Role role,
      String name,
      Op usual,
      Map<String, DataSchema> carried,
      String from) {
    String protocol = entry.needed("protocol");
    Map<String, String> terms = new HashMap<>(entry.flat());
    terms.keySet().removeAll(Set.of("protocol", "mediaType", "op"));
    terms
        .keySet()
        .removeIf(
            term ->
                term.startsWith("op.")
                    || (role == FormSite.Role.MATCH
                        && (term.equals("has")
                            || term.startsWith("has.")
                            || term.startsWith("equal."))));
    String codec = terms.get("codec");
    if (codec != null) {
      terms.put("codec", codec(codec, entry.get("codec")));
    }
    String media = entry.get("mediaType").text(protocol.equals(MQTT) ? JSON : "");
    terms.remove(WIRE_UNIT);
    if (!from.isEmpty() && media.startsWith(SENML)) {
      // a record says its own unit: it is brought to the one that the property's scale begins with
      terms.put(WIRE_UNIT, from);
    }
    Form form = new Form(protocol, ops(entry, role, usual), media, terms);
    sites.add(new FormSite(entry, role, name, form, carried));
    return form;
  }

  /** The definition of a codec, as the one text that all its forms share. */
  private String codec(String name, Entry said) {
    Entry codec = root.get("codecs").get(name);
    if (codec.present()) {
      return codecs.computeIfAbsent(name, key -> codec.node().toString());
    }
    said.error(
        "there is no codec '"
            + name
            + "' among the profile's 'codecs'; accepted: "
            + String.join(", ", root.get("codecs").members().keySet()));
    return name;
  }

  private static Set<Op> ops(Entry entry, FormSite.Role role, Op usual) {
    Set<Op> ops = EnumSet.noneOf(Op.class);
    Set<Op> accepted =
        role == FormSite.Role.PROPERTY
            ? EnumSet.of(Op.READ, Op.WRITE, Op.OBSERVE)
            : EnumSet.of(usual);
    for (String word : entry.get("op").texts()) {
      Optional<Op> op = Op.ofWot(word).filter(accepted::contains);
      if (op.isEmpty()) {
        entry
            .get("op")
            .error(
                "op '"
                    + word
                    + "' is not known here; accepted: "
                    + String.join(", ", accepted.stream().map(Op::wot).toList()));
      }
      op.ifPresent(ops::add);
    }
    return ops.isEmpty() ? EnumSet.of(usual) : ops;
  }
}
