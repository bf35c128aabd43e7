package io.patchbay.journal.sqlite;

import static io.patchbay.journal.sqlite.Samples.NOW;
import static io.patchbay.journal.sqlite.Samples.join;
import static io.patchbay.journal.sqlite.Samples.open;
import static org.assertj.core.api.Assertions.assertThat;

import io.patchbay.store.CommandStore;
import io.patchbay.store.OrderStore.Order;
import io.patchbay.store.Registered;
import io.patchbay.thing.Bytes;
import io.patchbay.thing.Command;
import io.patchbay.thing.CommandId;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Value;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OrdersTest {
  private static final ThingId PLUG = new ThingId("plug");

  private static Order order(String property, Value value) {
    return new Order(PLUG, property, value, "anna", NOW.plusMillis(7));
  }

  @Test
  void remembersOrdersOfEveryTypeUntilTheyAreCancelled(@TempDir Path folder) throws Exception {
    try (SqliteJournal journal = open(folder)) {
      join(journal.save(order("a", new Value.Num(0.1))));
      join(journal.save(order("a", new Value.Num(21.25))));
      join(journal.save(order("b", new Value.Bool(true))));
      join(journal.save(order("c", new Value.Int(Long.MIN_VALUE))));
      join(journal.save(order("d", new Value.Text("grün"))));
      join(journal.save(order("e", new Value.Data(Bytes.utf8("raw")))));
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(journal.orders())
          .containsExactly(
              order("a", new Value.Num(21.25)),
              order("b", new Value.Bool(true)),
              order("c", new Value.Int(Long.MIN_VALUE)),
              order("d", new Value.Text("grün")),
              order("e", new Value.Data(Bytes.utf8("raw"))));
      for (String property : new String[] {"b", "c", "d", "e", "none"}) {
        join(journal.cancel(PLUG, property));
      }
      assertThat(journal.orders()).containsExactly(order("a", new Value.Num(21.25)));
    }
  }

  @Test
  void aJournalFromBeforeThereWereOrdersIsTakenOn(@TempDir Path folder) throws Exception {
    Registered plug =
        new Registered(
            new Thing(PLUG, URI.create("mqtt://local"), "plug", Map.of(), Map.of()),
            Registered.Admission.ADMITTED,
            Registered.Origin.API,
            NOW);
    try (SqliteJournal journal = open(folder)) {
      join(journal.save(plug));
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("journal.db"));
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE desired");
      statement.execute("DROP TABLE waiting");
      statement.execute("PRAGMA user_version = 1");
    }
    for (int start = 0; start < 2; start++) {
      try (SqliteJournal journal = open(folder)) {
        assertThat(journal.load()).containsExactly(plug);
        join(journal.save(order("a", new Value.Int(1))));
        assertThat(journal.orders()).hasSize(1);
      }
    }
  }

  @Test
  void commandsThatWaitAreThereAgain(@TempDir Path folder) throws Exception {
    List<CommandStore.Waiting> all =
        List.of(
            waiting(1, new Command.Read(PLUG, List.of("a", "b"), NOW)),
            waiting(2, new Command.Write(PLUG, "a", new Value.Num(1.5), NOW)),
            waiting(
                3,
                new Command.Invoke(
                    PLUG,
                    "reset",
                    Map.of("mode", new Value.Text("x"), "n", new Value.Int(3)),
                    NOW)),
            waiting(4, new Command.Invoke(PLUG, "reboot", Map.of(), NOW)));
    try (SqliteJournal journal = open(folder)) {
      for (CommandStore.Waiting one : all) {
        join(journal.save(one));
      }
    }
    try (SqliteJournal journal = open(folder)) {
      assertThat(journal.waiting()).isEqualTo(all);
      join(journal.ended(all.get(0).id()));
      assertThat(journal.waiting()).isEqualTo(all.subList(1, 4));
    }
  }

  private static CommandStore.Waiting waiting(int number, Command command) {
    return new CommandStore.Waiting(
        new CommandId("c" + number), command, "somebody", NOW.plusMillis(number));
  }
}
