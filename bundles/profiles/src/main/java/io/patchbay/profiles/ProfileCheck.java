package io.patchbay.profiles;

import io.patchbay.operation.Finding;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.MediaTypes;
import java.util.List;
import java.util.Optional;

/** From a file's text to a profile, or to what is wrong with it. */
final class ProfileCheck {
  /**
   * @param id as the text says, empty when it cannot be told
   * @param title as the text says
   * @param profile empty when the text is refused
   */
  record Checked(String id, String title, Optional<Profile> profile, List<Finding> findings) {
    Checked {
      findings = List.copyOf(findings);
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
  static Checked read(String file, String text) {
    Report report = new Report(file);
    try {
      return checked(YamlText.parse(text), text, report);
    } catch (Flaw flaw) {
      return refused(flaw, report);
    }
  }

  /** Checks all there is to check. */
  Checked check(String file, String text) {
    Report report = new Report(file);
    try {
      YamlDocument document = YamlText.parse(text);
      ProfileReader.Read read = ProfileReader.read(document, text, report);
      if (!report.refused()) {
        schemas.check(document, report);
      }
      if (!report.refused()) {
        Lint lint = new Lint(mediaTypes, protocols, schemas);
        lint.check(document, read, report);
        if (!report.refused()) {
          new Examples(mediaTypes, protocols, lint, read).run();
        }
      }
      return result(document, read, report);
    } catch (Flaw flaw) {
      return refused(flaw, report);
    }
  }

  private static Checked checked(YamlDocument document, String text, Report report) {
    return result(document, ProfileReader.read(document, text, report), report);
  }

  private static Checked result(YamlDocument document, ProfileReader.Read read, Report report) {
    return new Checked(
        ProfileReader.id(document).orElse(""),
        read.profile().title(),
        report.refused() ? Optional.empty() : Optional.of(read.profile()),
        report.findings());
  }

  static Checked refused(Flaw flaw, Report report) {
    report.error(flaw.line(), flaw.message());
    return new Checked("", "", Optional.empty(), report.findings());
  }
}
