package io.patchbay.profiles;

import io.patchbay.profiles.media.StandardMediaTypes;
import java.util.Optional;

/** Texts of profiles for tests. */
final class Texts {
  /** Ten properties' worth of correctness in eleven lines. */
  static final String PLUG =
      """
      id: plug
      title: Plug
      thing: "{device}"
      match:
        - { protocol: mqtt, topic: "tele/{device}/SENSOR", has: [P] }
      properties:
        power:
          type: number
          unit: W
          forms:
            - { protocol: mqtt, topic: "tele/{device}/SENSOR", path: P }
        switch:
          type: boolean
          values: { "ON": true, "OFF": false }
          forms:
            - { protocol: mqtt, op: writeproperty, topic: "cmnd/{device}/Power", mediaType: text/plain, payload: "{value}" }
      examples:
        - { topic: tele/p1/SENSOR, payload: '{"P":5}', readings: { power: 5 }, thing: p1, match: true }
        - { write: { switch: true }, terms: { device: p1 }, topic: cmnd/p1/Power, payload: "ON" }
      """;

  private Texts() {}

  static ProfileCheck check() {
    return new ProfileCheck(
        new StandardMediaTypes(),
        scheme -> scheme.equals("mqtt") ? Optional.of(new TopicProtocol()) : Optional.empty());
  }

  static String plug(String id, String unit) {
    return PLUG.replace("id: plug", "id: " + id).replace("unit: W", "unit: " + unit);
  }
}
