package io.patchbay.firmware;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of one campaign: lines of a checksum and a record each, appended, and durable after
 * {@link #force}. A line that was torn by a power cut does not count; neither does one that the
 * disk has damaged, which is told. Used by one thread.
 */
final class CampaignLog {
  private static final Logger LOG = LoggerFactory.getLogger(CampaignLog.class);
  private static final int SUM = 8;
  private static final int LONGEST_LINE = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();

  private CampaignLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Takes each record of a log. */
  interface Reader {
    void read(JsonNode entry) throws IOException;
  }

  /** Writes a log as a whole: after a power cut it is there with all of its records, or not. */
  static void create(Path file, List<? extends JsonNode> entries) throws IOException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    try (FileChannel out = Disk.fresh(fresh)) {
      ByteArrayOutputStream octets = new ByteArrayOutputStream();
      for (JsonNode entry : entries) {
        line(entry, octets);
        if (octets.size() > LONGEST_LINE) {
          Disk.write(out, octets.toByteArray());
          octets.reset();
        }
      }
      Disk.write(out, octets.toByteArray());
      out.force(true);
    }
    Disk.move(fresh, file);
  }

  /** Reads all that counts, cuts a torn end off, and is open for more. */
  static CampaignLog open(Path file, Reader reader) throws IOException {
    long whole = read(file, reader);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    try {
      if (channel.size() > whole) {
        LOG.info("{}: an incomplete last line is left out", file.getFileName());
        channel.truncate(whole);
        channel.force(true);
      }
      channel.position(whole);
      return new CampaignLog(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Up to the end of the last whole line. */
  private static long read(Path file, Reader reader) throws IOException {
    long whole = 0;
    long number = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 65_536)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int octet = in.read(); octet >= 0; octet = in.read()) {
        if (octet != '\n') {
          line.write(octet);
          continue;
        }
        number++;
        whole += line.size() + 1L;
        if (!take(line.toByteArray(), reader)) {
          LOG.warn("{}:{} is damaged and left out", file.getFileName(), number);
        }
        line.reset();
      }
    }
    return whole;
  }

  private static boolean take(byte[] line, Reader reader) throws IOException {
    if (line.length <= SUM || line[SUM] != ' ') {
      return false;
    }
    byte[] record = Arrays.copyOfRange(line, SUM + 1, line.length);
    if (!new String(line, 0, SUM, StandardCharsets.US_ASCII).equals(sum(record))) {
      return false;
    }
    reader.read(Records.parse(record));
    return true;
  }

  private static String sum(byte[] record) {
    CRC32 sum = new CRC32();
    sum.update(record);
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  private static void line(JsonNode entry, ByteArrayOutputStream out) throws IOException {
    byte[] record = Records.octets(entry);
    out.writeBytes(sum(record).getBytes(StandardCharsets.US_ASCII));
    out.write(' ');
    out.writeBytes(record);
    out.write('\n');
  }

  /** Durable only after {@link #force}. */
  void append(JsonNode entry) throws IOException {
    line(entry, waiting);
  }

  /** Whether something was appended since the last force. */
  boolean dirty() {
    return waiting.size() > 0;
  }

  void force() throws IOException {
    if (dirty()) {
      Disk.write(channel, waiting.toByteArray());
      waiting.reset();
      channel.force(false);
    }
  }

  /** What was not forced is given up. */
  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.warn("{} cannot be closed: {}", file.getFileName(), e.getMessage());
    }
  }
}
