package io.patchbay.profile;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A property of a kind of device (WoT property affordance).
 *
 * @param semantic IPSO/LwM2M object/resource that says what it is ({@code 3303/5700} =
 *     temperature); may be empty
 * @param staleAfter how long a value counts as fresh
 * @param poll how often the hub reads it when the protocol must be asked
 */
public record Property(
    String name,
    String title,
    String semantic,
    DataSchema schema,
    boolean readOnly,
    Optional<Duration> staleAfter,
    Optional<Duration> poll,
    List<Form> forms) {
  public Property {
    forms = List.copyOf(forms);
  }
}
