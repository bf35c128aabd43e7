package io.patchbay.southbound;

import io.patchbay.profile.Form;
import io.patchbay.thing.Bytes;
import java.util.Map;
import java.util.Optional;

/**
 * A form made ready for one command.
 *
 * @param address the form's address with the thing's terms filled in; empty when the protocol has
 *     none
 * @param terms the form's terms with the thing's terms filled in
 * @param payload what to send, in the wire's scale, encoded by the form's media type or by the
 *     protocol's own codec; empty for reads
 */
public record Wire(Form form, String address, Map<String, String> terms, Optional<Bytes> payload) {
  public Wire {
    terms = Map.copyOf(terms);
  }
}
