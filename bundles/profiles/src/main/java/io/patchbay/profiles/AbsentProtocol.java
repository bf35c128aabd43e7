package io.patchbay.profiles;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.southbound.Codec;
import io.patchbay.southbound.LaneSpec;
import io.patchbay.southbound.Protocol;
import io.patchbay.thing.Thing;
import java.util.Optional;

/**
 * Stands for a protocol that is not installed: what its frames carry is understood all the same, as
 * long as the media type is known.
 */
record AbsentProtocol(String scheme) implements Protocol {
  @Override
  public String formSchema() {
    return "{}";
  }

  @Override
  public Optional<String> address(Form form) {
    return form.term("topic").or(() -> form.term("resource"));
  }

  @Override
  public Codec compile(Form form, DataSchema schema) {
    throw missing();
  }

  @Override
  public LaneSpec lane(Thing thing, Profile profile) {
    throw missing();
  }

  private IllegalArgumentException missing() {
    return new IllegalArgumentException("no bundle for protocol '" + scheme + "' is installed");
  }
}
