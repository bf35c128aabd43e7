package io.patchbay.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power cut and a bad disk leave of a log. */
final class CampaignLogTest {
  private final Path folder;

  CampaignLogTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path log(int records) throws IOException {
    Path file = folder.resolve("one.log");
    List<JsonNode> all = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      all.add(Records.object().put("n", i));
    }
    CampaignLog.create(file, all);
    return file;
  }

  private static List<Integer> read(Path file) throws IOException {
    List<Integer> read = new ArrayList<>();
    CampaignLog.open(file, (entry, at) -> read.add(entry.get("n").asInt())).close();
    return read;
  }

  @Test
  void leavesOutWhatWasTornAtEveryOctet() throws Exception {
    byte[] whole = Files.readAllBytes(log(3));
    int second = 2 * (whole.length / 3);
    for (int length = second; length < whole.length; length++) {
      Path file = folder.resolve("torn.log");
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(read(file)).containsExactly(0, 1);
      CampaignLog log = CampaignLog.open(file, (entry, at) -> {});
      log.append(Records.object().put("n", 7));
      log.force();
      log.close();
      assertThat(read(file)).as("torn at %d", length).containsExactly(0, 1, 7);
    }
  }

  @Test
  void leavesOutALineThatTheDiskHasDamaged() throws Exception {
    Path file = log(3);
    byte[] octets = Files.readAllBytes(file);
    int line = octets.length / 3;
    for (int at = line; at < 2 * line - 1; at++) {
      byte[] damaged = octets.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      assertThat(read(file)).as("damaged at %d", at).containsExactly(0, 2);
    }
  }

  @Test
  void findsARecordAgainWhereItWasWritten() throws Exception {
    Path file = log(2);
    List<Long> places = new ArrayList<>();
    CampaignLog log = CampaignLog.open(file, (entry, at) -> places.add(at));
    places.add(log.append(Records.object().put("n", 2).put("long", "x".repeat(3_000))));
    places.add(log.append(Records.object().put("n", 3)));
    log.force();
    places.add(log.append(Records.object().put("n", 4)));
    log.force();
    for (int n = 0; n < places.size(); n++) {
      assertThat(log.at(places.get(n)).orElseThrow().get("n").asInt()).isEqualTo(n);
    }
    assertThat(log.at(places.get(1) + 1)).as("no line begins there").isEmpty();
    log.close();
  }

  @Test
  void keepsNothingThatWasNotForced() throws Exception {
    Path file = log(1);
    CampaignLog log = CampaignLog.open(file, (entry, at) -> {});
    log.append(Records.object().put("n", 1));
    log.close();
    assertThat(read(file)).containsExactly(0);
  }

  @Test
  void isNoCampaignWithoutItsFirstLine() throws Exception {
    Path file = log(2);
    assertThatThrownBy(() -> Course.load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("one.log");
    Files.write(file, new byte[] {1, 2, 3, '\n'}, StandardOpenOption.APPEND);
    assertThatThrownBy(() -> Course.load(file)).isInstanceOf(IOException.class);
  }
}
