package io.patchbay.profile;

import java.util.List;
import java.util.Map;

/** Something a kind of device can do (WoT action affordance). */
public record Action(String name, String title, Map<String, DataSchema> input, List<Form> forms) {
  public Action {
    input = Map.copyOf(input);
    forms = List.copyOf(forms);
  }
}
