package io.patchbay.northbound;

import java.util.Map;
import java.util.Optional;

/**
 * Which devices are meant. What is empty is not asked.
 *
 * @param profile id of their profile
 * @param things pattern of their names; {@code *} stands for any characters ({@code hall-*})
 * @param labels that they must all have
 * @param version pattern of the firmware that they run ({@code 1.*})
 */
public record DeviceFilter(
    Optional<String> profile, String things, Map<String, String> labels, String version) {
  /** Every device. */
  public static final DeviceFilter ALL = new DeviceFilter(Optional.empty(), "", Map.of(), "");

  public DeviceFilter {
    labels = Map.copyOf(labels);
  }

  /** Whether it is one of them by all that is known without asking it. */
  public boolean selects(ThingState state) {
    var thing = state.registered().thing();
    return (profile.isEmpty() || profile.get().equals(thing.profile()))
        && (things.isEmpty() || fits(things, thing.id().value()))
        && thing.labels().entrySet().containsAll(labels.entrySet());
  }

  /** Whether it is one of them by the version that it reported. */
  public boolean selectsVersion(String reported) {
    return version.isEmpty() || fits(version, reported);
  }

  private static boolean fits(String pattern, String text) {
    int at = 0;
    int i = 0;
    int star = -1;
    int resume = 0;
    while (at < text.length()) {
      if (i < pattern.length() && pattern.charAt(i) == '*') {
        star = i++;
        resume = at;
      } else if (i < pattern.length() && pattern.charAt(i) == text.charAt(at)) {
        i++;
        at++;
      } else if (star >= 0) {
        i = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    while (i < pattern.length() && pattern.charAt(i) == '*') {
      i++;
    }
    return i == pattern.length();
  }
}
