package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.AbsoluteIri;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.resource.InputStreamSource;
import com.networknt.schema.resource.SchemaLoader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON Schema of profiles, which also ships beside them for editors, and those that protocols
 * bring for their forms. Compiled when first needed: the shipped profiles need none of it at start.
 */
final class FormSchemas {
  /** Terms of media types, which any protocol's form may have besides its own. */
  private static final Set<String> COMMON =
      Set.of(
          "protocol",
          "op",
          "mediaType",
          "path",
          "fields",
          "when",
          "time",
          "timeFormat",
          "payload",
          "online",
          "offline",
          "each",
          "names",
          "codec",
          "octets",
          "octetsFormat",
          "port",
          "separator",
          "header",
          "columns",
          "has",
          "equal",
          "title",
          "description");

  private static final String RESOURCE = "/profile.schema.json";

  /** Forms of one schema that are remembered as right; when full all are forgotten. */
  private static final int MOST_KNOWN = 1_000;

  private final Map<String, JsonSchema> compiled = new ConcurrentHashMap<>();
  private final Map<String, Set<String>> declarations = new ConcurrentHashMap<>();

  /** By schema: many forms of a profile differ in nothing that the protocol has rules for. */
  private final Map<String, Set<JsonNode>> right = new ConcurrentHashMap<>();

  /** The shipped schema, as text. */
  static String profileSchema() {
    try (InputStream schema =
        Objects.requireNonNull(FormSchemas.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      return new String(schema.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks a whole file. */
  void check(YamlDocument document, Report report) {
    report(
        compiled.computeIfAbsent("", key -> compile(profileSchema())),
        document.root(),
        "",
        document,
        report);
  }

  /** Checks one form by its protocol's schema. */
  void check(String schema, FormSite site, YamlDocument document, Report report) {
    JsonSchema rules;
    try {
      rules = compiled.computeIfAbsent(schema, FormSchemas::compile);
    } catch (JsonSchemaException e) {
      site.entry()
          .warn(
              "the form is not checked: the schema of protocol '"
                  + site.form().protocol()
                  + "' is wrong: "
                  + e.getMessage());
      return;
    }
    JsonNode own = own(schema, rules, site);
    Set<JsonNode> known = right.computeIfAbsent(schema, key -> ConcurrentHashMap.newKeySet());
    if (known.contains(own)) {
      return;
    }
    if (report(rules, own, site.entry().pointer(), document, report)) {
      if (known.size() >= MOST_KNOWN) {
        known.clear();
      }
      known.add(own);
    }
  }

  /** The form without what belongs to media types, unless the protocol has rules for it, too. */
  private JsonNode own(String schema, JsonSchema rules, FormSite site) {
    Set<String> declared =
        declarations.computeIfAbsent(
            schema,
            key -> {
              Set<String> names = new HashSet<>();
              rules
                  .getSchemaNode()
                  .findValues("properties")
                  .forEach(properties -> properties.fieldNames().forEachRemaining(names::add));
              return names;
            });
    ObjectNode form = site.entry().node().deepCopy();
    form.remove(COMMON.stream().filter(term -> !declared.contains(term)).toList());
    return form;
  }

  private static JsonSchema compile(String schema) {
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder()
            .pathType(PathType.JSON_POINTER)
            .locale(Locale.ENGLISH)
            .build();
    // nothing is fetched: a schema that refers to another place is wrong
    return JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V202012,
            builder -> builder.schemaLoaders(loaders -> loaders.add(new Offline())))
        .getSchema(schema, config);
  }

  /** Whether nothing is wrong. */
  private static boolean report(
      JsonSchema schema, JsonNode node, String pointer, YamlDocument document, Report report) {
    Set<ValidationMessage> messages = schema.validate(node);
    for (ValidationMessage message : messages) {
      String at = pointer + message.getInstanceLocation();
      String inner =
          message.getProperty() == null ? at : YamlDocument.below(at, message.getProperty());
      String place = at.isEmpty() ? "" : at.substring(1).replace('/', '.') + ": ";
      report.error(document.line(inner), place + message.getError());
    }
    return messages.isEmpty();
  }

  /** Refuses every address but those inside the validator's own bundle. */
  private static final class Offline implements SchemaLoader {
    @Override
    public @Nullable InputStreamSource getSchema(AbsoluteIri iri) {
      if (iri.toString().startsWith("classpath:")) {
        return null;
      }
      throw new JsonSchemaException("the schema '" + iri + "' is not fetched");
    }
  }
}
