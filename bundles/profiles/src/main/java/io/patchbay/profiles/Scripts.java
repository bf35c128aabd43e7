package io.patchbay.profiles;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Scripts in files beside a profile. They are put at the end of its text when that is read, so that
 * one text is all of a profile: what is compared, kept and extended.
 */
final class Scripts {
  static final String KEY = "scripts";

  /** Octets of a script. */
  private static final int LARGEST = 1 << 18;

  private static final String MARK = "\n# scripts beside this file, as they were read\nscripts: {";
  private static final Pattern NAMED =
      Pattern.compile("\\bfile[\"']?:\\s*[\"']?([A-Za-z0-9_][A-Za-z0-9._-]{0,99}\\.js)\\b");

  private Scripts() {}

  /** The text of a profile's file with the scripts it names. */
  static String read(Path file) throws IOException, Flaw {
    return with(TextFile.read(file), file);
  }

  /**
   * @param file where the text is, or will be
   */
  static String with(String text, Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Set<String> names = names(text);
    if (folder == null || names.isEmpty() || text.contains(MARK)) {
      return text;
    }
    StringBuilder scripts = new StringBuilder();
    for (String name : names) {
      Path script = folder.resolve(name);
      // a link could lead out of the folder
      if (Files.isRegularFile(script, LinkOption.NOFOLLOW_LINKS) && Files.size(script) <= LARGEST) {
        String source = new String(Files.readAllBytes(script), StandardCharsets.UTF_8);
        scripts
            .append(scripts.isEmpty() ? " " : ", ")
            .append(TextNode.valueOf(name))
            .append(": ")
            .append(TextNode.valueOf(source.replaceAll("[^\\P{Cntrl}\\n\\t]", " ")));
      }
    }
    return scripts.isEmpty() ? text : text + MARK + scripts + " }\n";
  }

  /** The text as its author wrote it. */
  static String bare(String text) {
    int mark = text.indexOf(MARK);
    return mark < 0 ? text : text.substring(0, mark);
  }

  /** Names of the scripts that a profile's text speaks of. */
  static Set<String> names(String text) {
    Set<String> names = new TreeSet<>();
    if (text.contains("javascript")) {
      Matcher named = NAMED.matcher(bare(text));
      while (named.find()) {
        names.add(named.group(1));
      }
    }
    return names;
  }

  static boolean script(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".js") && !name.startsWith(".");
  }

  /** Puts the scripts into the codecs that name them. */
  static void inline(ObjectNode profile) {
    JsonNode scripts = profile.remove(KEY);
    for (JsonNode codec : profile.path("codecs")) {
      if (codec.path("javascript") instanceof ObjectNode script && script.has("file")) {
        script.remove("source");
        JsonNode source = scripts == null ? null : scripts.get(script.path("file").asText());
        if (source != null) {
          script.set("source", source);
        }
      }
    }
  }
}
