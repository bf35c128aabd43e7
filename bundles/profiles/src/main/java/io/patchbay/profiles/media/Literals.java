package io.patchbay.profiles.media;

import io.patchbay.profile.DataSchema;
import io.patchbay.thing.Value;

/** Values of the model as a profile's author writes them. */
public final class Literals {
  private Literals() {}

  /**
   * @throws IllegalArgumentException when the text is not of the type
   */
  public static Value model(DataSchema.Type type, String text) {
    return Meaning.model(type, text);
  }

  /** The value in words: the shortest number, data in base64. */
  public static String text(Value value) {
    return FormCodec.plain(value);
  }
}
