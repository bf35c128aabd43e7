package io.patchbay.northbound.modbus;

import io.patchbay.northbound.Commands;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.profile.Property;
import io.patchbay.testkit.FixedThings;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Outcome;
import io.patchbay.thing.Quality;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.TimeSource;
import io.patchbay.thing.Uplink.Reading;
import io.patchbay.thing.Value;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Things with values, and commands that end as told. */
final class FakeHub implements Commands, Profiles {
  final Map<String, Reading> latest = new ConcurrentHashMap<>();
  final FixedThings things =
      new FixedThings(
          List.of(
              new Thing(
                  new ThingId("meter"), URI.create("sim://local"), "any", Map.of(), Map.of())),
          latest);
  final List<Command.Write> writes = new CopyOnWriteArrayList<>();
  final Map<String, DataSchema.Type> types = new ConcurrentHashMap<>();

  /** Whether what is written is what is read from then on. */
  volatile boolean confirms;

  volatile CompletionStage<Outcome> outcome =
      CompletableFuture.completedStage(new Outcome.Done(List.of()));

  void set(String property, DataSchema.Type type, Value value, Quality quality) {
    types.put(property, type);
    Instant now = Instant.now();
    latest.put(
        property,
        new Reading(new ThingId("meter"), property, value, "", now, TimeSource.HUB, now, quality));
  }

  @Override
  public Map<String, Profile> current() {
    Map<String, Property> properties = new ConcurrentHashMap<>();
    types.forEach(
        (name, type) ->
            properties.put(
                name,
                new Property(
                    name,
                    name,
                    "",
                    DataSchema.of(type),
                    false,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Keeping.ALL,
                    Optional.empty(),
                    Optional.empty())));
    return Map.of(
        "any",
        new Profile(
            "any",
            "1",
            "any",
            "{device}",
            List.of(),
            properties,
            Map.of(),
            Map.of(),
            List.of(),
            true,
            List.of(),
            false));
  }

  @Override
  public Ticket submit(Command command, String by) {
    Command.Write write = (Command.Write) command;
    writes.add(write);
    if (confirms) {
      set(
          write.property(),
          types.getOrDefault(write.property(), DataSchema.Type.STRING),
          write.value(),
          Quality.GOOD);
    }
    return new Ticket(CommandId.fresh(), outcome);
  }

  @Override
  public Optional<CommandRecord> find(CommandId id) {
    throw new UnsupportedOperationException();
  }
}
