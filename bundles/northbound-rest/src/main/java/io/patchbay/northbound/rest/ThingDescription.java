package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.profile.Action;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Event;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.thing.Thing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A W3C WoT Thing Description 1.1 of a thing as this hub offers it: every form leads to the hub,
 * none to the device.
 */
final class ThingDescription {
  static final String MEDIA_TYPE = "application/td+json";

  private static final String SECURITY = "bearer";

  private ThingDescription() {}

  /**
   * @param profile empty when it is not in service: then the affordances are unknown
   * @param base scheme, host and port of this hub
   */
  static ObjectNode of(Thing thing, Optional<Profile> profile, String base, String node) {
    ObjectNode td = Json.object();
    // TD 1.1, clause 5.3.1.1
    td.put("@context", "https://www.w3.org/2022/wot/td/v1.1");
    td.put("@type", "Thing");
    td.put("id", "urn:patchbay:" + urn(node) + ":" + thing.id());
    td.put(
        "title",
        profile
            .map(Profile::title)
            .filter(one -> !one.isEmpty())
            .map(one -> one + " " + thing.id())
            .orElse(thing.id().value()));
    profile.ifPresent(one -> td.putObject("version").put("instance", one.version()));
    td.put("base", base + "/api/v1/things/" + thing.id() + "/");
    td.putObject("securityDefinitions")
        .putObject(SECURITY)
        .put("scheme", "bearer")
        .put("in", "header")
        .put("name", "Authorization")
        .put("format", "opaque")
        .put("alg", "none");
    td.putArray("security").add(SECURITY);
    ObjectNode properties = td.putObject("properties");
    ObjectNode actions = td.putObject("actions");
    ObjectNode events = td.putObject("events");
    profile.ifPresent(
        one -> {
          new TreeMap<>(one.properties())
              .forEach((name, property) -> properties.set(name, property(thing, property)));
          new TreeMap<>(one.actions()).forEach((name, action) -> actions.set(name, action(action)));
          new TreeMap<>(one.events())
              .forEach((name, event) -> events.set(name, event(thing, event)));
        });
    td.putArray("links")
        .addObject()
        .put("rel", "alternate")
        .put("href", "readings")
        .put("type", "application/senml+json");
    return td;
  }

  /** RFC 8141 allows few characters in the name of a URN. */
  private static String urn(String text) {
    return text.replaceAll("[^A-Za-z0-9._-]", "-");
  }

  private static ObjectNode property(Thing thing, Property property) {
    ObjectNode node = schema(property.schema());
    title(node, property.title());
    if (!property.semantic().isEmpty()) {
      node.put("patchbay:semantic", property.semantic());
    }
    boolean writable = !property.readOnly() && has(property.forms(), Op.WRITE);
    node.put("readOnly", !writable);
    node.put("observable", true);
    ArrayNode forms = node.putArray("forms");
    ObjectNode direct = forms.addObject();
    direct.put("href", "properties/" + property.name());
    direct.put("contentType", Route.JSON);
    ArrayNode ops = direct.putArray("op").add(Op.READ.wot());
    if (writable) {
      ops.add(Op.WRITE.wot());
    }
    stream(
        forms.addObject(),
        thing,
        property.name(),
        "reading",
        Op.OBSERVE.wot(),
        "unobserveproperty");
    return node;
  }

  private static void stream(
      ObjectNode form, Thing thing, String name, String kind, String begin, String end) {
    form.put("href", "/api/v1/stream?thing=" + thing.id() + "&property=" + name + "&kind=" + kind);
    form.put("contentType", "text/event-stream");
    form.put("subprotocol", "sse");
    form.putArray("op").add(begin).add(end);
  }

  private static boolean has(List<Form> forms, Op op) {
    return forms.stream().anyMatch(form -> form.ops().contains(op));
  }

  private static ObjectNode action(Action action) {
    ObjectNode node = Json.object();
    title(node, action.title());
    if (!action.input().isEmpty()) {
      node.set("input", object(action.input()));
    }
    ObjectNode form = node.putArray("forms").addObject();
    form.put("href", "actions/" + action.name());
    form.put("contentType", Route.JSON);
    form.putArray("op").add(Op.INVOKE.wot());
    return node;
  }

  private static ObjectNode event(Thing thing, Event event) {
    ObjectNode node = Json.object();
    title(node, event.title());
    node.set("data", object(event.data()));
    stream(
        node.putArray("forms").addObject(),
        thing,
        event.name(),
        "occurrence",
        Op.SUBSCRIBE.wot(),
        "unsubscribeevent");
    return node;
  }

  private static void title(ObjectNode node, String title) {
    if (!title.isEmpty()) {
      node.put("title", title);
    }
  }

  private static ObjectNode object(Map<String, DataSchema> fields) {
    ObjectNode node = Json.object();
    node.put("type", "object");
    ObjectNode properties = node.putObject("properties");
    new TreeMap<>(fields).forEach((name, schema) -> properties.set(name, schema(schema)));
    return node;
  }

  private static ObjectNode schema(DataSchema schema) {
    ObjectNode node = Json.object();
    node.put(
        "type",
        switch (schema.type()) {
          case BOOLEAN -> "boolean";
          case INTEGER -> "integer";
          case NUMBER -> "number";
          case STRING, DATA -> "string";
        });
    if (schema.type() == DataSchema.Type.DATA) {
      node.put("contentEncoding", "base64url");
    }
    if (!schema.unit().isEmpty()) {
      node.put("unit", schema.unit());
    }
    schema.minimum().ifPresent(least -> node.put("minimum", least));
    schema.maximum().ifPresent(most -> node.put("maximum", most));
    if (!schema.options().isEmpty()) {
      node.set("enum", Json.texts(schema.options()));
    }
    return node;
  }
}
