package io.patchbay.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.RefusedException;
import io.patchbay.northbound.ThingState;
import io.patchbay.northbound.Things;
import io.patchbay.store.Registered;
import io.patchbay.thing.Status;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThingFilesTest {
  /** A directory of things in memory. */
  private static final class Directory implements Things {
    final Map<ThingId, Registered> all = new TreeMap<>();
    String refuses = "";

    @Override
    public Optional<ThingState> find(ThingId id) {
      return Optional.ofNullable(all.get(id)).map(Directory::state);
    }

    private static ThingState state(Registered registered) {
      return new ThingState(registered, Status.UNKNOWN, "", Instant.EPOCH, Map.of());
    }

    @Override
    public Page list(Query query) {
      return new Page(all.values().stream().map(Directory::state).toList(), all.size(), "");
    }

    @Override
    public CompletionStage<ThingState> register(Thing thing, Registered.Origin origin) {
      if (thing.profile().equals(refuses)) {
        return CompletableFuture.failedFuture(new RefusedException("profile is not right"));
      }
      Registered registered =
          new Registered(thing, Registered.Admission.ADMITTED, origin, Instant.EPOCH);
      all.put(thing.id(), registered);
      return CompletableFuture.completedFuture(state(registered));
    }

    @Override
    public CompletionStage<ThingState> decide(ThingId id, Registered.Admission admission) {
      return CompletableFuture.failedFuture(new RefusedException("not here"));
    }

    @Override
    public CompletionStage<Boolean> remove(ThingId id) {
      return CompletableFuture.completedFuture(all.remove(id) != null);
    }

    List<String> ids() {
      return all.keySet().stream().map(ThingId::value).toList();
    }
  }

  @TempDir Path folder = Path.of(".");
  private final Directory directory = new Directory();

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aWrongFileChangesNothingAndNamesItsLine() throws IOException {
    Path file = write("a.yaml", "- { id: a, profile: plug }\n- { id: b, profile: plug }\n");
    ThingFiles files = new ThingFiles(folder);
    files.bindThings(directory);
    write("a.yaml", "- { id: a, profile: plug }\n- { id: 'b b', profile: plug }\n");
    files.update(file.toFile());
    assertThat(directory.ids()).containsExactly("a", "b");
    assertThat(files.checks().get(0).message()).contains("things/a.yaml:2: error: 'b b'");
  }

  @Test
  void refusesWhatIsWrongWithTheLine() {
    assertThat(ThingList.read("t", "- { id: a }").findings().get(0))
        .hasToString("t:1: error: 'profile' is missing");
    assertThat(ThingList.read("t", "- { id: a, profile: p }\n- { id: a, profile: p }").findings())
        .anyMatch(f -> f.toString().startsWith("t:2: error: thing 'a' is there twice"));
    assertThat(ThingList.read("t", "id: a\nprofile: p\nbase: local").findings())
        .anyMatch(f -> f.toString().contains("accepted: mqtt://local"));
    assertThat(ThingList.read("t", "id: a\nprofile: p\nbase: 'a b'").findings())
        .anyMatch(f -> f.line() == 3);
    assertThat(ThingList.read("t", "id: a\nprofile: p\ncolour: red").findings())
        .anyMatch(f -> f.line() == 3 && f.message().contains("colour"));
  }

  @Test
  void whatAFileDesiresOfAThingIsToldWhenTheThingIsThere() throws IOException {
    Map<ThingId, Map<String, Value>> told = new HashMap<>();
    DesiredValues room = new Told(told);
    Path file = write("a.yaml", "{ id: a, profile: plug, desired: { limit: 5, on: true } }\n");
    ThingFiles files = new ThingFiles(folder);
    files.bindThings(directory);
    files.bindDesired(room);
    ThingId a = new ThingId("a");
    assertThat(told.get(a))
        .isEqualTo(Map.of("limit", new Value.Int(5), "on", new Value.Bool(true)));
    write("a.yaml", "{ id: a, profile: plug, desired: { limit: [5] } }\n");
    files.update(file.toFile());
    assertThat(files.checks().get(0).message()).contains("a.yaml:1: error: a desired value is");
    assertThat(told.get(a)).hasSize(2);
    write("a.yaml", "{ id: a, profile: plug, desired: { limit: 5.5 } }\n");
    files.update(file.toFile());
    assertThat(told.get(a)).isEqualTo(Map.of("limit", new Value.Num(5.5)));
    write("a.yaml", "{ id: a, profile: plug }\n");
    files.update(file.toFile());
    assertThat(told.get(a)).isEmpty();
  }

  private record Told(Map<ThingId, Map<String, Value>> told) implements DesiredValues {
    @Override
    public List<Desired> of(ThingId thing) {
      return List.of();
    }

    @Override
    public CompletionStage<Desired> order(ThingId thing, String name, Value value, String by) {
      return CompletableFuture.failedFuture(new RefusedException("not here"));
    }

    @Override
    public CompletionStage<Boolean> withdraw(ThingId thing, String property) {
      return CompletableFuture.completedFuture(false);
    }

    @Override
    public void state(ThingId thing, Map<String, Value> values) {
      told.put(thing, values);
    }
  }

  @Test
  void aThingLeavesWithItsFile() throws IOException {
    Path file = write("a.yaml", "- { id: a, profile: plug }\n- { id: b, profile: plug }\n");
    ThingFiles files = new ThingFiles(folder);
    files.bindThings(directory);
    write(
        "a.yaml",
        "id: b\nprofile: plug\nbase: sim://x\nterms: { device: 7 }\nlabels: { room: hall }\n");
    files.update(file.toFile());
    assertThat(directory.ids()).containsExactly("b");
    Thing thing = directory.find(new ThingId("b")).orElseThrow().registered().thing();
    assertThat(thing)
        .isEqualTo(
            new Thing(
                new ThingId("b"),
                URI.create("sim://x"),
                "plug",
                Map.of("device", "7"),
                Map.of("room", "hall")));
    Files.delete(file);
    files.uninstall(file.toFile());
    assertThat(directory.ids()).isEmpty();
  }

  @Test
  void whatLeftWhileTheHubWasDownIsForgotten() throws IOException {
    directory.register(thing("old"), Registered.Origin.FILE);
    directory.register(thing("hand"), Registered.Origin.API);
    write("a.yaml", "id: a\nprofile: plug\n");
    new ThingFiles(folder).bindThings(directory);
    assertThat(directory.ids()).containsExactly("a", "hand");
  }

  private static Thing thing(String id) {
    return new Thing(new ThingId(id), URI.create("mqtt://local"), "plug", Map.of(), Map.of());
  }

  @Test
  void aRefusedThingIsTriedAgainWhenProfilesChange() throws IOException {
    directory.refuses = "plug";
    write("a.yaml", "id: a\nprofile: plug\n");
    ThingFiles files = new ThingFiles(folder);
    files.bindThings(directory);
    assertThat(files.checks().get(0).message())
        .contains("things/a.yaml:1: error: profile is not right");
    directory.refuses = "";
    files.changed(Map.of());
    assertThat(directory.ids()).containsExactly("a");
    assertThat(files.checks().get(0).message()).isEqualTo("1 things from files");
  }

  @Test
  void twoFilesCannotHoldOneThing() throws IOException {
    write("a.yaml", "id: a\nprofile: plug\n");
    Path second = write("b.yaml", "id: a\nprofile: other\n");
    ThingFiles files = new ThingFiles(folder);
    files.bindThings(directory);
    files.install(second.toFile());
    assertThat(files.checks().get(0).message()).contains("already in things/a.yaml");
    assertThat(directory.find(new ThingId("a")).orElseThrow().registered().thing().profile())
        .isEqualTo("plug");
  }
}
