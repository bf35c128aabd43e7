package io.patchbay.security;

import io.patchbay.thing.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The encrypted file: {@code PBVAULT1}, a 12 octet nonce, then AES-256-GCM over {@link Contents},
 * with the first two authenticated too. Changes are durable before anybody sees them.
 */
final class Vault {
  private static final byte[] MAGIC = "PBVAULT1".getBytes(StandardCharsets.US_ASCII);
  private static final int NONCE_OCTETS = 12;
  private static final int TAG_BITS = 128;
  private static final int KEY_OCTETS = 32;

  private final Path file;
  private final Path keyFile;
  private final SecretKeySpec key;
  private final SecureRandom random;
  private volatile Contents contents;

  /** A change of the contents. */
  @FunctionalInterface
  interface Change {
    Contents apply(Contents before);
  }

  private Vault(
      Path file, Path keyFile, SecretKeySpec key, SecureRandom random, Contents contents) {
    this.file = file;
    this.keyFile = keyFile;
    this.key = key;
    this.random = random;
    this.contents = contents;
  }

  /** Whether there is nothing yet: a first start. */
  static boolean isNew(Path file) {
    return !Files.exists(file);
  }

  /**
   * Opens what is there, or begins with nothing when there is no file; the file is first written by
   * the first {@link #change}.
   *
   * @throws IOException in words, when file and key do not fit each other
   */
  static Vault open(Path file, Path keyFile, SecureRandom random) throws IOException {
    if (isNew(file)) {
      if (!Files.exists(keyFile)) {
        byte[] made = new byte[KEY_OCTETS];
        random.nextBytes(made);
        PrivateFiles.directory(keyFile.toAbsolutePath().normalize().resolveSibling("."));
        PrivateFiles.replace(
            keyFile,
            (Base64.getEncoder().encodeToString(made) + "\n").getBytes(StandardCharsets.US_ASCII));
      }
      return new Vault(file, keyFile, readKey(file, keyFile), random, Contents.EMPTY);
    }
    SecretKeySpec key = readKey(file, keyFile);
    return new Vault(file, keyFile, key, random, decrypt(file, keyFile, key));
  }

  Contents contents() {
    return contents;
  }

  Path keyFile() {
    return keyFile;
  }

  /** Writes the changed contents, then shows them; when the disk refuses, nothing has changed. */
  synchronized void change(Change change) throws IOException {
    Contents next = change.apply(contents);
    PrivateFiles.replace(file, encrypt(next));
    contents = next;
  }

  private byte[] encrypt(Contents plain) throws IOException {
    byte[] nonce = new byte[NONCE_OCTETS];
    random.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, key, nonce).doFinal(plain.encode());
      return ByteBuffer.allocate(MAGIC.length + NONCE_OCTETS + sealed.length)
          .put(MAGIC)
          .put(nonce)
          .put(sealed)
          .array();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot encrypt with AES-256-GCM", e);
    }
  }

  private static Contents decrypt(Path file, Path keyFile, SecretKeySpec key) throws IOException {
    byte[] octets = Files.readAllBytes(file);
    int header = MAGIC.length + NONCE_OCTETS;
    if (octets.length < header + TAG_BITS / 8
        || !Arrays.equals(octets, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new IOException(
          file
              + " is not a store of this hub, or only a part of one. Put it back from a backup, or"
              + " move it away to start with new tokens and without device credentials");
    }
    byte[] nonce = Arrays.copyOfRange(octets, MAGIC.length, header);
    try {
      byte[] plain =
          cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(octets, header, octets.length - header);
      return Contents.decode(plain);
    } catch (AEADBadTagException e) {
      throw new IOException(
          file
              + " does not open with the key in "
              + keyFile
              + ": it was written with another key, or one of the two files was changed. Put both"
              + " back from the same backup, or move both away to start with new tokens and without"
              + " device credentials",
          e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java cannot decrypt AES-256-GCM", e);
    } catch (IOException e) {
      throw new IOException(file + " " + e.getMessage(), e);
    }
  }

  private static Cipher cipher(int mode, SecretKeySpec key, byte[] nonce)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(MAGIC);
    cipher.updateAAD(nonce);
    return cipher;
  }

  private static SecretKeySpec readKey(Path file, Path keyFile) throws IOException {
    String text;
    try {
      text = Bytes.wrap(Files.readAllBytes(keyFile)).text().strip();
    } catch (NoSuchFileException e) {
      throw new IOException(
          "the key of "
              + file
              + " is missing: it should be in "
              + keyFile
              + " (io.patchbay.security: keyFile). Put it back, or move the store away to start with"
              + " new tokens and without device credentials",
          e);
    }
    byte[] octets;
    try {
      octets = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      octets = new byte[0];
    }
    if (octets.length != KEY_OCTETS) {
      throw new IOException(
          keyFile
              + " must hold one line, "
              + KEY_OCTETS
              + " octets in Base64, and does not. Put the key back from a backup");
    }
    return new SecretKeySpec(octets, "AES");
  }
}
