package io.patchbay.journal.sqlite;

import io.patchbay.thing.ThingId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Small numbers for words that come again and again: things, properties, units, profiles,
 * connections. All of them are in memory; only the writer adds. Word 0 is the empty one.
 */
final class Names {
  private final Map<String, Integer> ids = new ConcurrentHashMap<>();
  private final Map<Integer, ThingId> things = new ConcurrentHashMap<>();
  private final List<String> fresh = new ArrayList<>();
  private volatile String[] texts = {""};
  private int count = 1;

  Names() {
    ids.put("", 0);
  }

  void load(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT id, text FROM name ORDER BY id");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        if (rows.getInt(1) != count) {
          throw new SQLException("the words of the journal are not complete");
        }
        add(rows.getString(2));
      }
    }
  }

  /** Writer only: the word's number, a new one when it has none. */
  int id(String text) {
    Integer known = ids.get(text);
    if (known != null) {
      return known;
    }
    fresh.add(text);
    return add(text);
  }

  /** The word's number, -1 when it has none. */
  int find(String text) {
    Integer known = ids.get(text);
    return known == null ? -1 : known;
  }

  String text(int id) {
    String[] all = texts;
    @Nullable String text = id < all.length ? all[id] : null;
    if (text == null) {
      throw new IllegalStateException("the journal has no word " + id + ": its file is damaged");
    }
    return text;
  }

  /** The word as a thing's name; made once, because checking its form costs more than reading. */
  ThingId thing(int id) {
    ThingId known = things.get(id);
    if (known != null) {
      return known;
    }
    ThingId made = new ThingId(text(id));
    // Words of a transaction that is not durable yet are not read, so the number stays the word's.
    things.put(id, made);
    return made;
  }

  int count() {
    return count;
  }

  /** Writer only: writes what is new into the transaction. */
  void flush(PreparedStatement insert) throws SQLException {
    for (int i = 0; i < fresh.size(); i++) {
      insert.setInt(1, count - fresh.size() + i);
      insert.setString(2, fresh.get(i));
      insert.executeUpdate();
    }
  }

  /** Writer only: the transaction with the new words is durable. */
  void commit() {
    fresh.clear();
  }

  /** Writer only: forgets the new words. */
  void rollback() {
    for (String text : fresh) {
      ids.remove(text);
    }
    count -= fresh.size();
    fresh.clear();
  }

  private int add(String text) {
    String[] all = texts;
    if (count == all.length) {
      String[] larger = new String[all.length * 2];
      System.arraycopy(all, 0, larger, 0, all.length);
      all = larger;
    }
    all[count] = text;
    texts = all;
    ids.put(text, count);
    return count++;
  }
}
