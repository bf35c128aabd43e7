package io.patchbay.profiles;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.operation.Finding;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Interpretation;
import io.patchbay.southbound.MediaTypes;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** From a file's text to a profile, or to what is wrong with it. */
final class ProfileCheck {
  /**
   * @param id as the text says, empty when it cannot be told
   * @param title as the text says
   * @param profile empty when the text is refused
   * @param bases ids of the profiles it extends
   */
  record Checked(
      String id,
      String title,
      Optional<Profile> profile,
      List<Finding> findings,
      List<String> bases) {
    Checked {
      findings = List.copyOf(findings);
      bases = List.copyOf(bases);
    }
  }

  private final MediaTypes mediaTypes;
  private final Protocols protocols;
  private final FormSchemas schemas = new FormSchemas();

  ProfileCheck(MediaTypes mediaTypes, Protocols protocols) {
    this.mediaTypes = mediaTypes;
    this.protocols = protocols;
  }

  /**
   * Reads a text that was checked before it came here (what ships, what was in service): no schema,
   * no lint, no examples; what has the wrong shape is refused all the same.
   */
  static Checked read(String file, String text, Composition.Bases bases) {
    return glance(file, text, bases).orElseGet(() -> reread(file, text, bases));
  }

  /**
   * Only what a hub needs of a text with nothing wrong in it: neither lines nor examples, which are
   * a third of the text. Empty when there is something to be said of it.
   */
  private static Optional<Checked> glance(String file, String text, Composition.Bases bases) {
    Report report = new Report(file);
    try {
      YamlDocument document = YamlText.values(Composition.withoutExamples(text));
      Composition.Composed composed = Composition.compose(document, bases, report);
      ProfileReader.Read read = ProfileReader.read(composed, text, report);
      return report.findings().isEmpty()
          ? Optional.of(result(document, composed, read, report))
          : Optional.empty();
    } catch (Flaw said) {
      return Optional.empty();
    }
  }

  private static Checked reread(String file, String text, Composition.Bases bases) {
    Report report = new Report(file);
    try {
      YamlDocument document = YamlText.parse(text);
      Composition.Composed composed = Composition.compose(document, bases, report);
      return report.refused()
          ? apart(document, composed, report)
          : result(document, composed, ProfileReader.read(composed, text, report), report);
    } catch (Flaw flaw) {
      return refused(flaw, report);
    }
  }

  /** Checks all there is to check of a text that extends nothing. */
  Checked check(String file, String text) {
    return check(file, text, Composition.Bases.NONE);
  }

  /** Checks all there is to check. */
  Checked check(String file, String text, Composition.Bases bases) {
    Report report = new Report(file);
    try {
      YamlDocument document = YamlText.parse(text);
      if (!(document.root() instanceof ObjectNode)) {
        throw new Flaw(document.line(""), "a profile is a mapping (name: value)");
      }
      Composition.Composed composed = Composition.compose(document, bases, report);
      if (report.refused()) {
        return apart(document, composed, report);
      }
      ProfileReader.Read read = ProfileReader.read(composed, text, report);
      if (!report.refused()) {
        schemas.check(composed.document(), report);
      }
      if (!report.refused()) {
        Lint lint = new Lint(mediaTypes, protocols, schemas);
        lint.check(composed.document(), read, report);
        if (!report.refused()) {
          new Examples(mediaTypes, protocols, lint, read).run();
          Coverage.check(composed.document(), read, report);
        }
      }
      return result(document, composed, read, report);
    } catch (Flaw flaw) {
      return refused(flaw, report);
    }
  }

  /** Of one that could not be put together nothing more is said. */
  private static Checked apart(
      YamlDocument document, Composition.Composed composed, Report report) {
    return new Checked(
        ProfileReader.id(document).orElse(""),
        "",
        Optional.empty(),
        report.findings(),
        composed.bases());
  }

  private static Checked result(
      YamlDocument document,
      Composition.Composed composed,
      ProfileReader.Read read,
      Report report) {
    return new Checked(
        ProfileReader.id(document).orElse(""),
        read.profile().title(),
        report.refused() ? Optional.empty() : Optional.of(read.profile()),
        report.findings(),
        composed.bases());
  }

  /** What a text says, with the places of its forms; what is wrong with it is in the report. */
  ProfileReader.Read sites(String text, Composition.Bases bases, Report report) throws Flaw {
    Composition.Composed composed = Composition.compose(YamlText.parse(text), bases, report);
    return ProfileReader.read(composed, text, report);
  }

  /** Frames on their way through a profile. */
  Trial trial(ProfileReader.Read read, Consumer<String> print) {
    return new Trial(mediaTypes, protocols, new Lint(mediaTypes, protocols, schemas), read, print);
  }

  /** What frames mean to the profile. What cannot be compiled is left out: check says it. */
  Interpretation interpretation(ProfileReader.Read read) {
    return new Interpretation(read.profile(), mediaTypes, protocols::find, (what, why) -> {});
  }

  /** Whether the protocol is installed. */
  boolean speaks(String scheme) {
    return protocols.find(scheme).isPresent();
  }

  static Checked refused(Flaw flaw, Report report) {
    report.error(flaw.line(), flaw.message());
    return new Checked("", "", Optional.empty(), report.findings(), List.of());
  }
}
