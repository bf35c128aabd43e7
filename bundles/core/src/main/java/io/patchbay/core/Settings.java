package io.patchbay.core;

/**
 * What an administrator may set.
 *
 * @param maxFrameBytes larger frames are rejected
 * @param maxThings more are not taken by onboarding
 * @param rhythm how desired values are written
 */
record Settings(Onboarding onboarding, int maxFrameBytes, int maxThings, Rhythm rhythm) {
  Settings(Onboarding onboarding, int maxFrameBytes, int maxThings) {
    this(onboarding, maxFrameBytes, maxThings, Rhythm.DEFAULT);
  }

  /** What happens to a device that nobody registered and that a profile's match knows. */
  enum Onboarding {
    AUTO,
    APPROVE,
    REJECT;

    static Onboarding of(String word) {
      for (Onboarding policy : values()) {
        if (policy.name().equalsIgnoreCase(word)) {
          return policy;
        }
      }
      throw new IllegalArgumentException(
          "onboarding = '" + word + "' is not understood; accepted: auto, approve, reject");
    }
  }

  static final Settings DEFAULT = new Settings(Onboarding.AUTO, 1 << 20, 100_000);

  Settings {
    if (maxFrameBytes < 1) {
      throw new IllegalArgumentException(
          "maxFrameBytes = " + maxFrameBytes + "; accepted: 1 and more");
    }
    if (maxThings < 0) {
      throw new IllegalArgumentException("maxThings = " + maxThings + "; accepted: 0 and more");
    }
  }
}
