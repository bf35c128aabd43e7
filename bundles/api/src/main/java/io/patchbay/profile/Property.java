package io.patchbay.profile;

import io.patchbay.thing.Value;
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
 * @param forms how it is reached; none of a property that is computed
 * @param keeping which of its readings are passed on
 * @param compute how it is made of others of the same frame; empty when a device says it
 * @param desired what the hub sees to that it is; empty when that is left to others
 */
public record Property(
    String name,
    String title,
    String semantic,
    DataSchema schema,
    boolean readOnly,
    Optional<Duration> staleAfter,
    Optional<Duration> poll,
    List<Form> forms,
    Keeping keeping,
    Optional<Formula> compute,
    Optional<Value> desired) {
  public Property {
    forms = List.copyOf(forms);
  }

  /** A property of which nothing is desired. */
  public Property(
      String name,
      String title,
      String semantic,
      DataSchema schema,
      boolean readOnly,
      Optional<Duration> staleAfter,
      Optional<Duration> poll,
      List<Form> forms,
      Keeping keeping,
      Optional<Formula> compute) {
    this(
        name,
        title,
        semantic,
        schema,
        readOnly,
        staleAfter,
        poll,
        forms,
        keeping,
        compute,
        Optional.empty());
  }

  /** A property that a device says, every reading of which in range is passed on. */
  public Property(
      String name,
      String title,
      String semantic,
      DataSchema schema,
      boolean readOnly,
      Optional<Duration> staleAfter,
      Optional<Duration> poll,
      List<Form> forms) {
    this(
        name,
        title,
        semantic,
        schema,
        readOnly,
        staleAfter,
        poll,
        forms,
        Keeping.ALL,
        Optional.empty(),
        Optional.empty());
  }
}
