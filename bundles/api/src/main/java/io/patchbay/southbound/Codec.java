package io.patchbay.southbound;

import io.patchbay.thing.Bytes;
import io.patchbay.thing.Value;
import java.util.Map;

/**
 * One form's way between wire and value. Knows nothing of scale and unit. Used by many threads at
 * once.
 */
public interface Codec {
  /**
   * @throws DecodeException when the payload is not what the form says
   */
  Value decode(Frame frame) throws DecodeException;

  /**
   * @param values by name of input; a property's is {@code value}
   * @throws IllegalArgumentException when the form cannot carry them
   */
  Bytes encode(Map<String, Value> values);
}
