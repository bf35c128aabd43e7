package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import io.patchbay.profile.AddressPattern;
import io.patchbay.profile.Form;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profiles.javascript.ScriptException;
import io.patchbay.profiles.media.PayloadCodecs;
import io.patchbay.profiles.media.Template;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Protocol;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/** What a schema cannot see: names that nothing fills, patterns and paths that do not compile. */
final class Lint {
  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final FormSchemas schemas;

  Lint(MediaTypes mediaTypes, Protocols protocols, FormSchemas schemas) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
    this.schemas = schemas;
  }

  void check(YamlDocument document, ProfileReader.Read read, Report report) {
    codecs(document, report);
    Set<String> terms = terms(read);
    for (FormSite site : read.sites()) {
      Optional<Protocol> protocol = protocols.find(site.form().protocol());
      if (protocol.isPresent()) {
        schemas.check(protocol.get().formSchema(), site, document, report);
      } else {
        site.entry()
            .get("protocol")
            .warn(
                "no bundle for protocol '"
                    + site.form().protocol()
                    + "' is installed: this form is not checked by it and not served");
      }
      address(site);
      compile(site, protocol);
      names(site, terms);
    }
    thing(document, read, report);
  }

  private static void codecs(YamlDocument document, Report report) {
    document
        .root()
        .path("codecs")
        .properties()
        .forEach(
            codec -> {
              String pointer = YamlDocument.below("/codecs", codec.getKey());
              try {
                PayloadCodecs.check(codec.getValue());
              } catch (IllegalArgumentException e) {
                report.error(
                    line(document, pointer, codec.getValue(), e),
                    "codec '" + codec.getKey() + "': " + e.getMessage());
              }
            });
  }

  /** That of a script in the profile itself; for one in a file the message has it. */
  private static int line(
      YamlDocument document, String pointer, JsonNode codec, IllegalArgumentException e) {
    JsonNode script = codec.path("javascript");
    String source = script.isTextual() ? script.asText() : script.path("source").asText();
    if (e.getCause() instanceof ScriptException fault
        && fault.line() > 0
        && source.contains("\n")
        && !script.has("file")) {
      return document.line(pointer + "/javascript" + (script.isObject() ? "/source" : ""))
          + fault.line();
    }
    return document.line(pointer);
  }

  /** The address of a form; without its protocol, what most call it. */
  Optional<String> address(Form form) {
    return protocol(form.protocol()).address(form);
  }

  /** What frames mean to the profile; of a protocol that is not there the addresses are known. */
  Interpretation interpretation(Profile profile, BiConsumer<String, String> problems) {
    return new Interpretation(
        profile, mediaTypes, scheme -> Optional.of(protocol(scheme)), problems);
  }

  private Protocol protocol(String scheme) {
    return protocols.find(scheme).orElseGet(() -> new AbsentProtocol(scheme));
  }

  private void address(FormSite site) {
    try {
      Optional<String> address = address(site.form());
      if (address.isPresent()) {
        AddressPattern pattern = AddressPattern.of(address.get());
        if (site.sends() && !site.pushed() && pattern.filter().matches(".*[+#].*")) {
          wildcards(site, address.get());
        }
      } else if (site.role() == FormSite.Role.MATCH) {
        site.entry()
            .error("a match needs an address: frames of this form come only when asked for");
      }
    } catch (IllegalArgumentException e) {
      site.entry().get("topic").error(String.valueOf(e.getMessage()));
    }
  }

  private static void wildcards(FormSite site, String address) {
    for (String segment : address.split("/")) {
      if (segment.equals("+") || segment.equals("#")) {
        site.entry()
            .get("topic")
            .error("'" + address + "' is sent to: + and # have no place in it");
      }
    }
  }

  /** Names that addresses of what comes up give a device. */
  private Set<String> terms(ProfileReader.Read read) {
    Set<String> terms = new TreeSet<>();
    for (FormSite site : read.sites()) {
      if (site.pushed()) {
        terms.addAll(patternNames(site.form()));
        terms.addAll(partNames(site.form()));
      }
    }
    return terms;
  }

  private Set<String> patternNames(Form form) {
    try {
      return address(form).map(text -> AddressPattern.of(text).names()).orElse(Set.of());
    } catch (IllegalArgumentException e) {
      return Set.of();
    }
  }

  /** Names that a division gives its parts. */
  private static Set<String> partNames(Form form) {
    Set<String> names = new TreeSet<>();
    for (String term : form.terms().keySet()) {
      if (term.startsWith("names.")) {
        names.add(term.substring("names.".length()));
      }
    }
    return names;
  }

  private void compile(FormSite site, Optional<Protocol> protocol) {
    Form form = site.form();
    if (form.term(ProfileReader.WIRE_UNIT).isPresent()) {
      site.entry()
          .warn("a SenML record's own unit wins: 'from' counts only for records that say none");
    }
    try {
      if (mediaTypes.knows(form.mediaType())) {
        if (site.role() == FormSite.Role.PARTS) {
          mediaTypes.divider(form);
        }
        if (site.role() == FormSite.Role.MATCH) {
          mediaTypes.test(ProfileReader.match(site));
        }
        if (site.pushed() && !site.slots().isEmpty()) {
          mediaTypes.decoder(site.slots());
        }
        if (site.sends() || form.ops().contains(Op.READ)) {
          mediaTypes.codec(site.slot());
        }
      } else if (protocol.isPresent()
          && site.role() != FormSite.Role.MATCH
          && site.role() != FormSite.Role.PARTS) {
        protocol.get().compile(form, site.slot().schema());
      } else if (!form.mediaType().isEmpty() && protocol.isPresent()) {
        site.entry().get("mediaType").error("'" + form.mediaType() + "' cannot be decoded");
      }
    } catch (IllegalArgumentException e) {
      culprit(site).error(String.valueOf(e.getMessage()));
    }
  }

  /** The line that is most likely meant: the media type's own term, or the form. */
  private static Entry culprit(FormSite site) {
    for (String name :
        new String[] {
          "payload", "codec", "octets", "each", "names", "columns", "fields", "when", "path", "has",
          "equal"
        }) {
      if (site.entry().get(name).present()) {
        return site.entry().get(name);
      }
    }
    return site.entry();
  }

  private void names(FormSite site, Set<String> terms) {
    if (!site.sends()) {
      return;
    }
    Set<String> inputs = new LinkedHashSet<>(site.schemas().keySet());
    Set<String> accepted = new TreeSet<>(terms);
    if (!terms.isEmpty()) {
      unknown(site.entry(), "address", patternNames(site.form()), terms);
      unknown(
          site.entry().get("answer"),
          "answer",
          Template.names(site.form().term("answer").orElse("")),
          terms);
    }
    accepted.addAll(inputs);
    boolean packed = site.form().term("codec").isPresent();
    if (packed) {
      accepted.addAll(Set.of("octets", "port"));
    }
    Entry payload = site.entry().get("payload");
    Optional<String> template = site.form().term("payload");
    if (template.isPresent()) {
      Set<String> used = Template.names(template.get());
      unknown(payload, "payload", used, accepted);
      for (String input : inputs) {
        if (!packed && !used.contains(input)) {
          payload.warn("the payload does not use {" + input + "}: what is given is not sent");
        }
      }
    }
  }

  private static void unknown(Entry entry, String where, Set<String> used, Set<String> accepted) {
    for (String name : used) {
      if (!accepted.contains(name)) {
        entry.error(
            "{"
                + name
                + "} in the "
                + where
                + " is filled by nothing; accepted: {"
                + String.join("}, {", accepted)
                + "}");
      }
    }
  }

  /** Every match must give the names that a thing's name is made of. */
  private void thing(YamlDocument document, ProfileReader.Read read, Report report) {
    Set<String> used = Template.names(read.profile().thing());
    for (FormSite site : read.sites()) {
      if (site.role() == FormSite.Role.MATCH) {
        Set<String> given = new TreeSet<>(patternNames(site.form()));
        read.sites().stream()
            .filter(other -> other.role() == FormSite.Role.PARTS)
            .filter(other -> address(other.form()).equals(address(site.form())))
            .forEach(other -> given.addAll(partNames(other.form())));
        for (String name : used) {
          if (!given.contains(name)) {
            report.error(
                document.lines().containsKey("/thing")
                    ? document.line("/thing")
                    : site.entry().line(),
                "{"
                    + name
                    + "} in thing '"
                    + read.profile().thing()
                    + "' is not named by the match in line "
                    + site.entry().line()
                    + (given.isEmpty() ? "" : "; it names {" + String.join("}, {", given) + "}"));
          }
        }
      }
    }
    if (!read.profile().match().isEmpty() && used.isEmpty()) {
      report.error(
          document.line("/thing"),
          "thing '" + read.profile().thing() + "' would give every device the same name");
    }
  }
}
