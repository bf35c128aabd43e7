package io.patchbay.profile;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How one protocol reaches an affordance (WoT form).
 *
 * @param protocol scheme of the protocol ({@code mqtt})
 * @param mediaType of the payload; empty when the protocol has types of its own (registers, TLV)
 * @param terms what else the protocol's form schema allows, as text ({@code topic}, {@code path},
 *     {@code register})
 */
public record Form(String protocol, Set<Op> ops, String mediaType, Map<String, String> terms) {
  public Form {
    ops = Set.copyOf(ops);
    terms = Map.copyOf(terms);
  }

  public Optional<String> term(String name) {
    return Optional.ofNullable(terms.get(name));
  }

  /**
   * @throws IllegalArgumentException when the form lacks the term
   */
  public String required(String name) {
    return term(name)
        .orElseThrow(
            () -> new IllegalArgumentException("a form for " + protocol + " needs '" + name + "'"));
  }
}
