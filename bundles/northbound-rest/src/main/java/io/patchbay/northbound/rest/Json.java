package io.patchbay.northbound.rest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.northbound.Commands.CommandRecord;
import io.patchbay.northbound.Commands.Step;
import io.patchbay.northbound.ThingState;
import io.patchbay.profile.DataSchema;
import io.patchbay.store.Recorded;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The model as the API's JSON. */
final class Json {
  private static final int MAX_DEPTH = 32;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  static byte[] octets(JsonNode node) throws IOException {
    return MAPPER.writeValueAsBytes(node);
  }

  /**
   * @throws Problem 400, saying where the JSON is wrong
   */
  static JsonNode parse(byte[] octets) throws IOException {
    try {
      JsonNode node = MAPPER.readTree(octets);
      if (node == null || node.isMissingNode()) {
        throw Problem.bad("the body is empty; accepted: JSON");
      }
      return node;
    } catch (CharConversionException e) {
      throw Problem.bad("the body is not UTF-8");
    } catch (JsonProcessingException e) {
      throw Problem.bad(
          "the body is not JSON: "
              + e.getOriginalMessage()
              + (e.getLocation() == null
                  ? ""
                  : " at line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()));
    }
  }

  /** {@link Value.Data} as base64url without padding, as in SenML. */
  static JsonNode value(Value value) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    if (value instanceof Value.Bool bool) {
      return nodes.booleanNode(bool.value());
    } else if (value instanceof Value.Int integer) {
      return nodes.numberNode(integer.value());
    } else if (value instanceof Value.Num number) {
      return nodes.numberNode(number.value());
    } else if (value instanceof Value.Data data) {
      return nodes.textNode(
          Base64.getUrlEncoder().withoutPadding().encodeToString(data.value().shared()));
    }
    return nodes.textNode(value.text());
  }

  static ObjectNode values(Map<String, Value> values) {
    ObjectNode node = object();
    new TreeMap<>(values).forEach((name, value) -> node.set(name, value(value)));
    return node;
  }

  /**
   * Reads a value in the type that the profile says; without one, in the type it is written in.
   *
   * @throws Problem 400 for what no value can hold
   */
  static Value value(String name, JsonNode node, Optional<DataSchema> schema) {
    if (node.isBoolean()) {
      return new Value.Bool(node.booleanValue());
    } else if (node.isIntegralNumber()) {
      if (!node.canConvertToLong()) {
        throw Problem.bad("'" + name + "' is beyond 64 bits; accepted: -2^63 to 2^63-1");
      }
      boolean number = schema.filter(one -> one.type() == DataSchema.Type.NUMBER).isPresent();
      return number ? new Value.Num(node.doubleValue()) : new Value.Int(node.longValue());
    } else if (node.isNumber()) {
      if (!Double.isFinite(node.doubleValue())) {
        throw Problem.bad("'" + name + "' is beyond the range of a double");
      }
      return new Value.Num(node.doubleValue());
    } else if (node.isTextual()) {
      if (schema.filter(one -> one.type() == DataSchema.Type.DATA).isEmpty()) {
        return new Value.Text(node.textValue());
      }
      try {
        return new Value.Data(Bytes.wrap(Base64.getUrlDecoder().decode(node.textValue())));
      } catch (IllegalArgumentException e) {
        throw Problem.bad("'" + name + "' is data; accepted: base64 of the URL-safe alphabet");
      }
    }
    throw Problem.bad(
        "'"
            + name
            + "' is "
            + Words.of(node.getNodeType())
            + "; accepted: a number, true, false, or text");
  }

  static ObjectNode thing(ThingState state) {
    var thing = state.registered().thing();
    ObjectNode node = object();
    node.put("id", thing.id().value());
    node.put("base", thing.base().toString());
    node.put("profile", thing.profile());
    node.set("terms", texts(thing.terms()));
    node.set("labels", texts(thing.labels()));
    node.put("admission", Words.of(state.registered().admission()));
    node.put("origin", Words.of(state.registered().origin()));
    node.put("since", state.registered().since().toString());
    node.put("status", Words.of(state.status()));
    node.put("stage", Words.of(state.stage()));
    node.put("statusDetail", state.statusDetail());
    node.put("statusSince", state.statusSince().toString());
    ObjectNode latest = node.putObject("latest");
    new TreeMap<>(state.latest()).forEach((name, reading) -> latest.set(name, latest(reading)));
    return node;
  }

  static ObjectNode texts(Map<String, String> texts) {
    ObjectNode node = object();
    new TreeMap<>(texts).forEach(node::put);
    return node;
  }

  static ArrayNode texts(List<String> texts) {
    ArrayNode node = array();
    texts.forEach(node::add);
    return node;
  }

  static ObjectNode latest(Reading reading) {
    ObjectNode node = object();
    node.set("value", value(reading.value()));
    if (!reading.unit().isEmpty()) {
      node.put("unit", reading.unit());
    }
    node.put("time", reading.time().toString());
    node.put("received", reading.received().toString());
    node.put("quality", Words.of(reading.quality()));
    node.put("source", Words.of(reading.source()));
    return node;
  }

  static ObjectNode recorded(Recorded recorded) {
    ObjectNode node = object();
    node.put("sequence", recorded.sequence());
    if (!recorded.profile().isEmpty()) {
      node.put("profile", recorded.profile());
    }
    node.setAll(uplink(recorded.uplink()));
    return node;
  }

  private static ObjectNode uplink(Uplink uplink) {
    ObjectNode node = object();
    node.put("kind", Words.of(io.patchbay.store.Selection.Kind.of(uplink)));
    node.put("thing", uplink.thing().value());
    if (uplink instanceof Reading reading) {
      node.put("property", reading.property());
      node.setAll(latest(reading));
      return node;
    } else if (uplink instanceof Uplink.Occurrence occurrence) {
      node.put("event", occurrence.event());
      node.set("data", values(occurrence.data()));
      node.put("source", Words.of(occurrence.source()));
    } else if (uplink instanceof Uplink.StatusChange change) {
      node.put("status", Words.of(change.status()));
      node.put("stage", Words.of(change.stage()));
      node.put("detail", change.detail());
    } else if (uplink instanceof Uplink.Discovered discovered) {
      node.put("base", discovered.device().base().toString());
      node.put("deviceProfile", discovered.device().profile());
    }
    node.put("time", uplink.time().toString());
    node.put("received", uplink.received().toString());
    return node;
  }

  static ObjectNode outcome(Outcome outcome) {
    ObjectNode node = object();
    if (outcome instanceof Outcome.Failed failed) {
      node.put("outcome", "failed");
      node.put("reason", Words.of(failed.reason()));
      node.put("detail", failed.detail());
    } else if (outcome instanceof Outcome.Done done) {
      node.put("outcome", "done");
      ArrayNode readings = node.putArray("readings");
      for (Reading reading : done.readings()) {
        ObjectNode one = latest(reading);
        one.put("property", reading.property());
        readings.add(one);
      }
    }
    return node;
  }

  static ObjectNode command(CommandRecord record) {
    ObjectNode node = object();
    node.put("id", record.id().value());
    List<Step> history = record.history();
    if (!history.isEmpty()) {
      node.put("state", Words.of(history.get(history.size() - 1).state()));
    }
    Command command = record.command();
    node.put("thing", command.thing().value());
    ObjectNode asked = node.putObject("command");
    if (command instanceof Command.Read read) {
      asked.set("read", texts(read.properties()));
    } else if (command instanceof Command.Write write) {
      asked.put("write", write.property());
      asked.set("value", value(write.value()));
    } else if (command instanceof Command.Invoke invoke) {
      asked.put("invoke", invoke.action());
      asked.set("input", values(invoke.input()));
    }
    node.put("deadline", command.deadline().toString());
    node.put("by", record.by());
    ArrayNode steps = node.putArray("history");
    for (Step step : history) {
      steps
          .addObject()
          .put("at", step.at().toString())
          .put("state", Words.of(step.state()))
          .put("detail", step.detail());
    }
    record.outcome().ifPresent(outcome -> node.set("outcome", outcome(outcome)));
    return node;
  }
}
