package io.patchbay.southbound;

import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Profile;
import io.patchbay.thing.Thing;
import java.util.Optional;

/**
 * What a protocol knows of its forms; one service per binding, without connections, so that
 * profiles are checked without a running hub.
 */
public interface Protocol {
  /** As in {@link Thing#scheme()} and in a form's {@code protocol}. */
  String scheme();

  /** JSON Schema 2020-12 of this protocol's forms, as text: a new protocol brings its own lint. */
  String formSchema();

  /** The address pattern of a form (an MQTT form's topic); empty when frames come with a target. */
  Optional<String> address(Form form);

  /**
   * Compiles a form whose media type {@link MediaTypes} does not know.
   *
   * @throws IllegalArgumentException naming the term that is wrong and what is accepted
   */
  Codec compile(Form form, DataSchema schema);

  /** The lane that requests to this thing go through. */
  LaneSpec lane(Thing thing, Profile profile);
}
