package io.patchbay.profile;

import java.util.List;
import java.util.Map;

/** Something a kind of device reports when it happens (WoT event affordance). */
public record Event(String name, String title, Map<String, DataSchema> data, List<Form> forms) {
  public Event {
    data = Map.copyOf(data);
    forms = List.copyOf(forms);
  }
}
