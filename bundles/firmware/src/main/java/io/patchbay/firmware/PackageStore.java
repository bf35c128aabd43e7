package io.patchbay.firmware;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.northbound.FirmwarePackages;
import io.patchbay.northbound.RefusedException;
import io.patchbay.southbound.FirmwareImage;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packages on disk, a folder each, which appears by one rename when everything in it is durable and
 * checked. Used by many threads.
 */
final class PackageStore implements FirmwarePackages {
  static final String ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  private static final Logger LOG = LoggerFactory.getLogger(PackageStore.class);
  private static final String IMAGE = "image";
  private static final String ABOUT = "about.json";
  private static final int MOST_PACKAGES = 1_000;
  private static final int LONGEST_VERSION = 100;

  private final Path folder;
  private final SigningKeys keys;
  private final long most;
  private final long largest;
  private final Clock clock;
  private final AtomicInteger uploads = new AtomicInteger();
  private Predicate<String> needed = id -> false;

  /** Read at first use, so that a start costs nothing. */
  private @org.jspecify.annotations.Nullable Map<String, FirmwarePackage> packages;

  /** Octets of all packages, and of uploads so far. */
  private long used;

  /**
   * @param most octets of all packages together
   * @param largest octets of one
   */
  PackageStore(Path folder, SigningKeys keys, long most, long largest, Clock clock) {
    this.folder = folder;
    this.keys = keys;
    this.most = most;
    this.largest = largest;
    this.clock = clock;
  }

  /** Who is asked whether a package may go; asked while nothing else happens here. */
  synchronized void neededBy(Predicate<String> campaigns) {
    needed = campaigns;
  }

  private synchronized Map<String, FirmwarePackage> all() {
    Map<String, FirmwarePackage> known = packages;
    if (known != null) {
      return known;
    }
    Map<String, FirmwarePackage> found = new TreeMap<>();
    long sum = 0;
    try {
      for (Path each : Disk.list(folder)) {
        String name = each.getFileName().toString();
        if (name.startsWith(".")) {
          Disk.delete(each); // an upload that did not end, or a removal
          continue;
        }
        Optional<FirmwarePackage> one = read(each);
        one.ifPresent(whole -> found.put(whole.id(), whole));
        sum += one.map(FirmwarePackage::octets).orElse(0L);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("firmware packages cannot be read: " + folder, e);
    }
    packages = found;
    used = sum;
    return found;
  }

  /** One that cannot be read leaves the others alone. */
  private static Optional<FirmwarePackage> read(Path each) {
    try {
      return Optional.of(Records.firmware(Records.parse(Files.readAllBytes(each.resolve(ABOUT)))));
    } catch (IOException e) {
      LOG.error("{} is no firmware package, restore or remove it: {}", each, e.toString());
      return Optional.empty();
    }
  }

  @Override
  public synchronized List<FirmwarePackage> list() {
    return List.copyOf(all().values());
  }

  @Override
  public synchronized Space space() {
    all();
    return new Space(used, most, largest);
  }

  /** Takes room before it is written to; gives it back with a negative number. */
  private synchronized boolean claim(long octets) {
    all();
    if (octets > 0 && used + octets > most) {
      return false;
    }
    used += octets;
    return true;
  }

  @Override
  public FirmwarePackage add(Draft draft, Source source, String by)
      throws RefusedException, IOException {
    check(draft);
    all();
    Disk.folder(folder);
    Path upload = folder.resolve("." + uploads.incrementAndGet() + ".upload");
    Disk.delete(upload);
    Disk.folder(upload);
    MessageDigest digest = sha256();
    Path image = upload.resolve(IMAGE);
    long[] octets = new long[1];
    boolean kept = false;
    try {
      try (FileChannel channel = Disk.fresh(image);
          Counted out = new Counted(Channels.newOutputStream(channel), digest, octets)) {
        source.writeTo(out);
        out.flush();
        channel.force(true);
      } catch (Full full) {
        throw new RefusedException(full.words());
      }
      String sum = HexFormat.of().formatHex(digest.digest());
      FirmwarePackage one = described(draft, octets[0], sum, image, by);
      kept = keep(one, upload);
      return kept ? one : all().getOrDefault(one.id(), one);
    } finally {
      if (!kept) {
        claim(-octets[0]);
        Disk.delete(upload);
      }
    }
  }

  private FirmwarePackage described(Draft draft, long octets, String sum, Path image, String by)
      throws RefusedException, IOException {
    if (octets == 0) {
      throw new RefusedException("the image is empty");
    }
    String wanted = draft.sha256().map(text -> text.toLowerCase(Locale.ROOT)).orElse(sum);
    if (!wanted.equals(sum)) {
      throw new RefusedException(
          "the image that came has the SHA-256 " + sum + ", not " + wanted + "; upload it again");
    }
    return new FirmwarePackage(
        draft.id(),
        draft.version(),
        octets,
        sum,
        keys.check(image, draft.signature()),
        draft.target(),
        clock.instant(),
        by);
  }

  private static void check(Draft draft) throws RefusedException {
    if (!draft.id().matches(ID)) {
      throw new RefusedException("'" + draft.id() + "' names no package; accepted: " + ID);
    }
    if (draft.version().isBlank() || draft.version().length() > LONGEST_VERSION) {
      throw new RefusedException(
          "'version' is what the device reports, 1 to " + LONGEST_VERSION + " characters");
    }
  }

  /** False when the same is there already. */
  private synchronized boolean keep(FirmwarePackage one, Path upload)
      throws RefusedException, IOException {
    Map<String, FirmwarePackage> known = all();
    FirmwarePackage present = known.get(one.id());
    if (present != null) {
      boolean same =
          present.sha256().equals(one.sha256())
              && present.version().equals(one.version())
              && present.target().equals(one.target());
      if (!same) {
        throw new RefusedException(
            "there is another package '" + one.id() + "'; take another id, or remove it first");
      }
      return false;
    }
    if (known.size() >= MOST_PACKAGES) {
      throw new RefusedException(
          "there are " + MOST_PACKAGES + " packages, the most the hub keeps; remove some");
    }
    ObjectNode about = Records.json(one);
    try (FileChannel channel = Disk.fresh(upload.resolve(ABOUT))) {
      Disk.write(channel, Records.octets(about));
      channel.force(true);
    }
    Disk.sync(upload);
    Disk.move(upload, folder.resolve(one.id()));
    known.put(one.id(), one);
    return true;
  }

  @Override
  public synchronized boolean remove(String id) throws RefusedException, IOException {
    FirmwarePackage one = all().get(id);
    if (one == null) {
      return false;
    }
    if (needed.test(id)) {
      throw new RefusedException(
          "a campaign that has not ended needs '" + id + "'; abort it first");
    }
    Path gone = folder.resolve("." + id + ".gone");
    Disk.move(folder.resolve(id), gone);
    all().remove(id);
    used -= one.octets();
    Disk.delete(gone);
    return true;
  }

  /** Whether the image on the disk is what was uploaded. */
  boolean whole(FirmwarePackage one) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(folder.resolve(one.id()).resolve(IMAGE))) {
      byte[] buffer = new byte[65_536];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest()).equals(one.sha256());
  }

  /** Opens a package's image. */
  FirmwareImage.Content content(String id) {
    Path image = folder.resolve(id).resolve(IMAGE);
    return offset -> {
      FileChannel channel = FileChannel.open(image, StandardOpenOption.READ);
      try {
        return Channels.newInputStream(channel.position(offset));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    };
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java", e);
    }
  }

  /** No more room. */
  private static final class Full extends IOException {
    @java.io.Serial private static final long serialVersionUID = 1L;

    private Full(String words) {
      super(words);
    }

    private String words() {
      return String.valueOf(getMessage());
    }
  }

  private final class Counted extends FilterOutputStream {
    private final MessageDigest digest;
    private final long[] octets;

    private Counted(OutputStream out, MessageDigest digest, long[] octets) {
      super(out);
      this.digest = digest;
      this.octets = octets;
    }

    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      if (octets[0] + length > largest) {
        throw new Full("the image is larger than " + largest + " octets, the most accepted");
      }
      if (!claim(length)) {
        throw new Full(
            "all packages together would have more than " + most + " octets; remove some");
      }
      octets[0] += length;
      out.write(buffer, offset, length);
      digest.update(buffer, offset, length);
    }
  }

  /** Names of packages, for messages. */
  String names() {
    List<String> names = new ArrayList<>();
    list().forEach(one -> names.add(one.id()));
    return names.isEmpty() ? "none" : String.join(", ", names);
  }
}
