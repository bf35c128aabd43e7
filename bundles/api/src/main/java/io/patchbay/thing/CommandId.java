package io.patchbay.thing;

import java.util.UUID;

/** The name of one command, unique for ever. */
public record CommandId(String value) {
  public static CommandId fresh() {
    return new CommandId(UUID.randomUUID().toString());
  }

  @Override
  public String toString() {
    return value;
  }
}
