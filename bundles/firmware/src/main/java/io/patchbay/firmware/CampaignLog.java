package io.patchbay.firmware;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
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

  /** Where what waits will begin. */
  private long end;

  private CampaignLog(Path file, FileChannel channel, long end) {
    this.file = file;
    this.channel = channel;
    this.end = end;
  }

  /** Takes each record of a log. */
  interface Reader {
    /**
     * @param at where its line begins, for {@link #at}
     */
    void read(JsonNode entry, long at) throws IOException;
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
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.size() > whole) {
        LOG.info("{}: an incomplete last line is left out", file.getFileName());
        channel.truncate(whole);
        channel.force(true);
      }
      channel.position(whole);
      return new CampaignLog(file, channel, whole);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Up to the end of the last whole line. */
  static long read(Path file, Reader reader) throws IOException {
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
        JsonNode entry = entry(line.toByteArray());
        if (entry == null) {
          LOG.warn("{}:{} is damaged and left out", file.getFileName(), number);
        } else {
          reader.read(entry, whole);
        }
        whole += line.size() + 1L;
        line.reset();
      }
    }
    return whole;
  }

  /** Null for a damaged line. */
  private static @Nullable JsonNode entry(byte[] line) throws IOException {
    if (line.length <= SUM || line[SUM] != ' ') {
      return null;
    }
    byte[] record = Arrays.copyOfRange(line, SUM + 1, line.length);
    return new String(line, 0, SUM, StandardCharsets.US_ASCII).equals(sum(record))
        ? Records.parse(record)
        : null;
  }

  /** A record that was forced; empty when the disk has damaged it meanwhile. */
  Optional<JsonNode> at(long offset) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    ByteBuffer part = ByteBuffer.allocate(512);
    for (long from = offset; channel.read(part.clear(), from) > 0; from += part.limit()) {
      part.flip();
      while (part.hasRemaining()) {
        byte octet = part.get();
        if (octet == '\n') {
          return Optional.ofNullable(entry(line.toByteArray()));
        }
        line.write(octet);
      }
    }
    return Optional.empty();
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

  /**
   * Durable only after {@link #force}.
   *
   * @return where its line begins
   */
  long append(JsonNode entry) throws IOException {
    long at = end + waiting.size();
    line(entry, waiting);
    return at;
  }

  /** Whether something was appended since the last force. */
  boolean dirty() {
    return waiting.size() > 0;
  }

  void force() throws IOException {
    if (dirty()) {
      Disk.write(channel, waiting.toByteArray());
      end += waiting.size();
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
