package io.patchbay.store;

import io.patchbay.thing.Uplink;

/**
 * An uplink in the log.
 *
 * @param sequence its place, from 1, growing in commit order; 0 when its profile keeps no journal
 * @param profile {@code id@version} of the profile that made it; empty when none did
 */
public record Recorded(long sequence, String profile, Uplink uplink) {
  public String profileId() {
    int at = profile.lastIndexOf('@');
    return at < 0 ? profile : profile.substring(0, at);
  }
}
