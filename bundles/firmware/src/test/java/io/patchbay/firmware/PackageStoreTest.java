package io.patchbay.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.patchbay.northbound.DeviceFilter;
import io.patchbay.northbound.FirmwarePackages.Draft;
import io.patchbay.northbound.FirmwarePackages.FirmwarePackage;
import io.patchbay.northbound.RefusedException;
import io.patchbay.testkit.ManualClock;
import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken, what is refused, and what a crash leaves. */
final class PackageStoreTest {
  private static final byte[] IMAGE = new byte[1000];
  private final Path folder;
  private PackageStore store;

  PackageStoreTest(@TempDir Path folder) {
    this.folder = folder;
    store = open();
  }

  private PackageStore open() {
    return new PackageStore(
        folder.resolve("packages"),
        new SigningKeys(folder.resolve("keys")),
        3000,
        1500,
        new ManualClock());
  }

  private static Draft draft(String id, String sha256, byte[] signature) {
    return new Draft(
        id,
        "1.1",
        Optional.of(sha256).filter(text -> !text.isEmpty()),
        Optional.of(Bytes.wrap(signature)).filter(octets -> octets.length() > 0),
        DeviceFilter.ALL);
  }

  private FirmwarePackage add(String id, byte[] image) throws RefusedException, IOException {
    return store.add(draft(id, "", new byte[0]), out -> out.write(image), "tester");
  }

  @Test
  void refusesAnotherChecksumAndLeavesNothing() throws Exception {
    Draft wrong = draft("one", "ab".repeat(32), new byte[0]);
    assertThatThrownBy(() -> store.add(wrong, out -> out.write(IMAGE), "tester"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("SHA-256");
    assertThat(store.list()).isEmpty();
    assertThat(store.space().used()).isZero();
    assertThat(Disk.list(folder.resolve("packages"))).isEmpty();
  }

  @Test
  void refusesWhatIsTooLargeAndGivesTheRoomBack() throws Exception {
    assertThatThrownBy(() -> add("one", new byte[1501])).hasMessageContaining("1500");
    add("one", new byte[1400]);
    add("two", new byte[1400]);
    assertThatThrownBy(() -> add("three", new byte[201])).hasMessageContaining("3000");
    assertThat(store.remove("one")).isTrue();
    add("three", new byte[201]);
    assertThat(store.space().used()).isEqualTo(1601);
    assertThat(open().space().used()).as("read again").isEqualTo(1601);
  }

  @Test
  void forgetsAnUploadThatBrokeOff() throws Exception {
    assertThatThrownBy(
            () ->
                store.add(
                    draft("one", "", new byte[0]),
                    out -> {
                      out.write(IMAGE);
                      throw new IOException("the client has gone");
                    },
                    "tester"))
        .isInstanceOf(IOException.class);
    assertThat(store.space().used()).isZero();
    Path left = Disk.folder(folder.resolve("packages").resolve(".7.upload"));
    Files.write(left.resolve("image"), IMAGE);
    store = open();
    assertThat(store.list()).isEmpty();
    assertThat(left).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../one", ".one", "a/b", "a b"})
  void refusesNamesThatAreNone(String id) {
    assertThatThrownBy(() -> add(id, IMAGE)).isInstanceOf(RefusedException.class);
  }

  @Test
  void keepsAPackageAsItIs() throws Exception {
    FirmwarePackage one = add("one", IMAGE);
    assertThat(add("one", IMAGE)).isEqualTo(one);
    assertThat(store.space().used()).isEqualTo(1000);
    assertThatThrownBy(() -> add("one", new byte[999])).hasMessageContaining("another package");
    assertThat(open().list()).containsExactly(one);
    assertThat(store.whole(one)).isTrue();
    try (InputStream rest = store.content("one").open(990)) {
      assertThat(rest.readAllBytes()).hasSize(10);
    }
    Path image = folder.resolve("packages/one/image");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(image)))
        .isEqualTo("rw-------");
    byte[] damaged = IMAGE.clone();
    damaged[500] = 1;
    Files.write(image, damaged);
    assertThat(store.whole(one)).isFalse();
  }

  @Test
  void leavesOneThatTheDiskHasDamagedOut() throws Exception {
    FirmwarePackage one = add("one", IMAGE);
    add("two", IMAGE);
    Files.write(folder.resolve("packages/two/about.json"), new byte[] {'{', 0});
    Disk.folder(folder.resolve("packages/three"));
    store = open();
    assertThat(store.list()).containsExactly(one);
    assertThat(store.space().used()).isEqualTo(1000);
  }

  @Test
  void keepsWhatACampaignNeeds() throws Exception {
    add("one", IMAGE);
    store.neededBy("one"::equals);
    assertThatThrownBy(() -> store.remove("one")).hasMessageContaining("campaign");
    assertThat(store.remove("two")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"Ed25519, Ed25519", "EC, SHA256withECDSA", "RSA, SHA256withRSA"})
  void takesOnlyWhatAKnownKeyHasSignedOnceThereIsOne(String algorithm, String signature)
      throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance(algorithm).generateKeyPair();
    String pem = Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded());
    Disk.folder(folder.resolve("keys"));
    Files.writeString(
        folder.resolve("keys/maker.pem"),
        "-----BEGIN PUBLIC KEY-----\n" + pem + "\n-----END PUBLIC KEY-----\n");
    Signature signer = Signature.getInstance(signature);
    signer.initSign(pair.getPrivate());
    signer.update(IMAGE);
    byte[] good = signer.sign();
    byte[] bad = good.clone();
    bad[bad.length - 1] ^= 1;
    assertThatThrownBy(() -> add("one", IMAGE)).hasMessageContaining("no signature");
    for (byte[] wrong : new byte[][] {bad, Arrays.copyOf(good, 3), new byte[] {1}}) {
      assertThatThrownBy(
              () -> store.add(draft("one", "", wrong), out -> out.write(IMAGE), "tester"))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("maker");
    }
    assertThat(store.add(draft("one", "", good), out -> out.write(IMAGE), "tester").signedBy())
        .hasValue("maker");
    assertThatThrownBy(
            () -> store.add(draft("two", "", good), out -> out.write(new byte[999]), "tester"))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void takesNothingWhileAKeyCannotBeRead() throws Exception {
    Disk.folder(folder.resolve("keys"));
    Files.write(folder.resolve("keys/maker.pem"), "no key".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> add("one", IMAGE)).hasMessageContaining("maker.pem");
  }
}
