package io.patchbay.security;

import io.patchbay.access.DeviceCredentials.DeviceCredential;
import io.patchbay.access.Role;
import io.patchbay.access.Tokens.Token;
import io.patchbay.thing.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that the store holds, as one value that is replaced as a whole. */
record Contents(
    Map<String, StoredToken> tokens,
    Map<String, StoredCredential> credentials,
    Map<String, String> secrets) {
  static final Contents EMPTY = new Contents(Map.of(), Map.of(), Map.of());

  private static final int FORMAT = 1;

  Contents {
    tokens = Collections.unmodifiableMap(new TreeMap<>(tokens));
    credentials = Collections.unmodifiableMap(new TreeMap<>(credentials));
    secrets = Collections.unmodifiableMap(new TreeMap<>(secrets));
  }

  /**
   * @param digest SHA-256 of the token
   */
  record StoredToken(Token token, Bytes digest) {}

  record StoredCredential(DeviceCredential credential, PasswordDigest password) {}

  byte[] encode() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(FORMAT);
    out.writeInt(tokens.size());
    for (StoredToken stored : tokens.values()) {
      write(out, stored.token().name());
      write(out, stored.token().role().name());
      out.writeLong(stored.token().issued().toEpochMilli());
      write(out, stored.digest());
    }
    out.writeInt(credentials.size());
    for (StoredCredential stored : credentials.values()) {
      DeviceCredential credential = stored.credential();
      write(out, credential.user());
      write(out, credential.publish());
      write(out, credential.subscribe());
      out.writeBoolean(credential.loopbackOnly());
      write(out, stored.password().salt());
      out.writeInt(stored.password().iterations());
      write(out, stored.password().digest());
    }
    out.writeInt(secrets.size());
    for (Map.Entry<String, String> secret : secrets.entrySet()) {
      write(out, secret.getKey());
      write(out, secret.getValue());
    }
    return bytes.toByteArray();
  }

  /** The octets were authenticated before, so that anything odd is another version's format. */
  static Contents decode(byte[] octets) throws IOException {
    try {
      return read(octets);
    } catch (IllegalArgumentException e) {
      throw new IOException("holds what this version does not know: " + e.getMessage(), e);
    }
  }

  private static Contents read(byte[] octets) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(octets));
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException(
          "is of format " + format + ", this version reads format " + FORMAT + " only");
    }
    Map<String, StoredToken> tokens = new TreeMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      String name = readText(in);
      Role role = Role.valueOf(readText(in));
      Instant issued = Instant.ofEpochMilli(in.readLong());
      tokens.put(name, new StoredToken(new Token(name, role, issued), readBytes(in)));
    }
    Map<String, StoredCredential> credentials = new TreeMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      DeviceCredential credential =
          new DeviceCredential(readText(in), readTexts(in), readTexts(in), in.readBoolean());
      PasswordDigest password = new PasswordDigest(readBytes(in), in.readInt(), readBytes(in));
      credentials.put(credential.user(), new StoredCredential(credential, password));
    }
    Map<String, String> secrets = new TreeMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      secrets.put(readText(in), readText(in));
    }
    return new Contents(tokens, credentials, secrets);
  }

  private static void write(DataOutputStream out, Bytes bytes) throws IOException {
    out.writeInt(bytes.length());
    out.write(bytes.shared());
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    write(out, Bytes.utf8(text));
  }

  private static void write(DataOutputStream out, List<String> texts) throws IOException {
    out.writeInt(texts.size());
    for (String text : texts) {
      write(out, text);
    }
  }

  private static Bytes readBytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    byte[] octets = in.readNBytes(length);
    if (octets.length < length) {
      throw new IOException("ends too early");
    }
    return Bytes.wrap(octets);
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(readBytes(in).shared(), StandardCharsets.UTF_8);
  }

  private static List<String> readTexts(DataInputStream in) throws IOException {
    int count = in.readInt();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(readText(in));
    }
    return texts;
  }
}
