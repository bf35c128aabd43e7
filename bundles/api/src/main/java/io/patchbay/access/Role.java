package io.patchbay.access;

/** What a principal may do; each role includes those before it. */
public enum Role {
  /** Reads. */
  VIEWER,
  /** Commands things, admits them, replays. */
  OPERATOR,
  /** Deploys bundles, profiles and routes: that is code. */
  INTEGRATOR,
  /** Credentials, tokens, users, audit. */
  ADMINISTRATOR;

  public boolean includes(Role other) {
    return compareTo(other) >= 0;
  }
}
