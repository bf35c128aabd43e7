package io.patchbay.northbound.rest;

import io.patchbay.northbound.FirmwarePackages;
import io.patchbay.northbound.RefusedException;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.southbound.FirmwareImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Packages, and what devices may pull, in memory. */
final class FakeFirmware implements FirmwarePackages {
  static final String TOKEN = "t".repeat(32);

  /** Of an image that does not come before it may. */
  static final String SLOW = "s".repeat(32);

  static final byte[] IMAGE = new byte[50_000];
  static final String SHA = "ab".repeat(32);

  static {
    for (int i = 0; i < IMAGE.length; i++) {
      IMAGE[i] = (byte) ((i * 31) >>> 3);
    }
  }

  final Map<String, FirmwarePackage> packages = new ConcurrentSkipListMap<>();
  final Map<String, Draft> drafts = new ConcurrentSkipListMap<>();
  final CountDownLatch opened = new CountDownLatch(1);
  final CountDownLatch mayCome = new CountDownLatch(1);

  private Supplier<@Nullable ServiceRegistration<?>> come = () -> null;
  private @Nullable ServiceRegistration<?> downloads;

  void register(BundleContext context) {
    context.registerService(FirmwarePackages.class, this, null);
    come = () -> context.registerService(FirmwareDownloads.class, this::pulled, null);
    come();
  }

  /** Campaigns have been read. */
  void come() {
    downloads = come.get();
  }

  /** Campaigns have not been read. */
  void go() {
    Objects.requireNonNull(downloads).unregister();
  }

  private Optional<FirmwareImage> download(String token, FirmwareImage.Content content) {
    return Optional.of(
        new FirmwareImage("1.1", IMAGE.length, SHA, token, Optional.empty(), content));
  }

  private Optional<FirmwareImage> pulled(String token) {
    if (token.equals(TOKEN)) {
      return download(token, FakeFirmware::octets);
    } else if (token.equals(SLOW)) {
      return download(
          token,
          offset -> {
            opened.countDown();
            try {
              mayCome.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return octets(offset);
          });
    }
    return Optional.empty();
  }

  private static ByteArrayInputStream octets(long offset) {
    return new ByteArrayInputStream(IMAGE, (int) offset, IMAGE.length - (int) offset);
  }

  @Override
  public List<FirmwarePackage> list() {
    return List.copyOf(packages.values());
  }

  @Override
  public FirmwarePackage add(Draft draft, Source source, String by)
      throws RefusedException, IOException {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    source.writeTo(octets);
    if (octets.size() < 10) {
      throw new RefusedException("the image has another checksum");
    }
    drafts.put(draft.id(), draft);
    FirmwarePackage one =
        new FirmwarePackage(
            draft.id(),
            draft.version(),
            octets.size(),
            SHA,
            draft.signature().map(signature -> "maker"),
            draft.target(),
            FakeRooms.TIME,
            by);
    packages.put(draft.id(), one);
    return one;
  }

  @Override
  public boolean remove(String id) throws RefusedException {
    if (id.equals("needed")) {
      throw new RefusedException("a campaign that has not ended needs it");
    }
    return packages.remove(id) != null;
  }

  @Override
  public Space space() {
    return new Space(1, 1_000_000, 60_000);
  }
}
