package io.patchbay.profiles;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profiles.media.Literals;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.Conformer;
import io.patchbay.southbound.DecodeException;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a profile's own examples through what decodes and encodes when it is in service. */
final class Examples {
  private static final JsonMapper JSON = new JsonMapper();

  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final Lint lint;
  private final ProfileReader.Read read;
  private final HeardExample heard;

  Examples(MediaTypes mediaTypes, Protocols protocols, Lint lint, ProfileReader.Read read) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    this.lint = lint;
    this.read = read;
    heard = new HeardExample(mediaTypes, protocols, lint, read);
  }

  void run() {
    for (Entry example : read.examples()) {
      example.only(
          "title",
          "protocol",
          "topic",
          "address",
          "mediaType",
          "payload",
          "payloadHex",
          "read",
          "readings",
          "events",
          "status",
          "rejected",
          "time",
          "thing",
          "things",
          "match",
          "write",
          "invoke",
          "terms");
      if (example.get("write").present() || example.get("invoke").present()) {
        sent(example);
      } else if (payload(example).isPresent()) {
        heard.run(example, payload(example).get());
      } else {
        example.error("an example needs 'payload', 'write' or 'invoke'");
      }
    }
  }

  /** The octets an example gives, as text, as hexadecimal or as a tree that becomes JSON. */
  static Optional<Bytes> payload(Entry example) {
    Entry payload = example.get("payload");
    if (payload.present()) {
      return Optional.of(
          Bytes.utf8(
              payload.node().isContainerNode() ? payload.node().toString() : payload.text("")));
    }
    Entry hex = example.get("payloadHex");
    try {
      return hex.text()
          .map(text -> Bytes.wrap(HexFormat.of().parseHex(text.replaceAll("\\s", ""))));
    } catch (IllegalArgumentException e) {
      hex.error("not hexadecimal");
      return Optional.empty();
    }
  }

  private void sent(Entry example) {
    boolean write = example.get("write").present();
    Entry what = example.get(write ? "write" : "invoke");
    Map<String, Entry> members = what.members();
    if (members.size() != 1) {
      what.error("one property or action per example: name: value");
      return;
    }
    String name = members.keySet().iterator().next();
    Entry given = members.values().iterator().next();
    Optional<FormSite> site =
        read.sites().stream()
            .filter(s -> s.role() == (write ? FormSite.Role.PROPERTY : FormSite.Role.ACTION))
            .filter(s -> s.name().equals(name) && s.sends())
            .filter(
                s ->
                    !example.get("protocol").present()
                        || s.form().protocol().equals(example.get("protocol").text("")))
            .findFirst();
    if (site.isEmpty()) {
      given.error("'" + name + "' has no form that " + (write ? "writes it" : "invokes it"));
      return;
    }
    if (cannotRun(mediaTypes, protocols, site.get(), example)) {
      return;
    }
    try {
      Map<String, String> terms = example.get("terms").textMap();
      Map<String, Value> values = values(site.get(), write, given);
      // core gives the thing's own terms besides what was asked for
      terms.forEach((term, text) -> values.putIfAbsent(term, new Value.Text(text)));
      Bytes got = codec(site.get()).encode(values);
      address(example, site.get().form(), terms);
      Optional<Bytes> expected = payload(example);
      if (expected.isPresent() && !same(site.get().form(), expected.get(), got)) {
        example.get("payload").error("expected " + shown(expected.get()) + ", got " + shown(got));
      }
    } catch (DecodeException e) {
      given.error(name + ": " + e.detail());
    } catch (IllegalArgumentException e) {
      given.error(name + ": " + e.getMessage());
    }
  }

  private static Map<String, Value> values(FormSite site, boolean write, Entry given)
      throws DecodeException {
    Map<String, Value> values = new HashMap<>();
    Map<String, Entry> entries = new LinkedHashMap<>();
    if (write) {
      entries.put(FormSite.VALUE, given);
    } else {
      entries.putAll(given.members());
    }
    for (Map.Entry<String, Entry> entry : entries.entrySet()) {
      DataSchema schema = site.schemas().get(entry.getKey());
      if (schema == null) {
        throw new IllegalArgumentException(
            "'" + entry.getKey() + "' is no input; accepted: " + site.schemas().keySet());
      }
      Conformer conformer = new Conformer(schema);
      Value model = Literals.model(schema.type(), entry.getValue().text(""));
      values.put(entry.getKey(), conformer.down(conformer.checked(model)));
    }
    return values;
  }

  /** Whether only a protocol that is not installed could decode the form; that is said. */
  static boolean cannotRun(
      MediaTypes mediaTypes, Protocols protocols, FormSite site, Entry example) {
    Form form = site.form();
    boolean cannot =
        !mediaTypes.knows(form.mediaType()) && protocols.find(form.protocol()).isEmpty();
    if (cannot) {
      example.warn(
          "the example is not run: no bundle for protocol '" + form.protocol() + "' is installed");
    }
    return cannot;
  }

  private Codec codec(FormSite site) {
    Form form = site.form();
    if (mediaTypes.knows(form.mediaType())) {
      return mediaTypes.codec(site.slot());
    }
    Protocol protocol = protocols.find(form.protocol()).orElseThrow();
    return protocol.compile(form, site.slot().schema());
  }

  private void address(Entry example, Form form, Map<String, String> terms) {
    Entry said = said(example);
    Optional<String> template = lint.address(form);
    if (!said.present() || template.isEmpty()) {
      return;
    }
    Optional<String> filled = AddressPattern.fill(template.get(), terms);
    if (filled.isEmpty()) {
      said.error("'" + template.get() + "' is not filled; give the example 'terms: {name: text}'");
    } else if (!filled.get().equals(said.text(""))) {
      said.error("expected " + said.text("") + ", got " + filled.get());
    }
  }

  /** The example's address, under either name. */
  static Entry said(Entry example) {
    return example.get("address").present() ? example.get("address") : example.get("topic");
  }

  private static boolean same(Form form, Bytes expected, Bytes got) {
    if (expected.equals(got)) {
      return true;
    }
    if (!form.mediaType().contains("json")) {
      return false;
    }
    try {
      JsonNode a = JSON.readTree(expected.text());
      JsonNode b = JSON.readTree(got.text());
      return a.equals(b);
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static String shown(Bytes payload) {
    String text = payload.text();
    return text.chars().allMatch(c -> c >= ' ' && c != 0xFFFD) ? text : payload.toString();
  }

  /** Whether a form of the profile is meant by an example's protocol. */
  static List<FormSite> sites(ProfileReader.Read read, Entry example, Op... ops) {
    Optional<String> protocol = example.get("protocol").text();
    return read.sites().stream()
        .filter(site -> protocol.map(site.form().protocol()::equals).orElse(true))
        .filter(site -> List.of(ops).stream().anyMatch(site.form().ops()::contains))
        .toList();
  }
}
