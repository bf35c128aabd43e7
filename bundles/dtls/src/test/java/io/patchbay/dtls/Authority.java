package io.patchbay.dtls;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** A customer's certificate authority, kept with the JDK's keytool. */
public final class Authority {
  public static final String PASSWORD = "changeit";
  private static final int LINE = 64;

  private final Path folder;
  private final String name;

  /** Somebody's key with its certificate. */
  public record Identity(Path keystore, PrivateKey key, List<X509Certificate> chain) {
    public Identity {
      chain = List.copyOf(chain);
    }

    /** The files that libcoap's client reads. */
    public Path pem(String what) throws Exception {
      byte[] octets = what.equals("key") ? key.getEncoded() : chain.get(0).getEncoded();
      Path file = keystore.resolveSibling(keystore.getFileName() + "." + what);
      Files.writeString(file, armoured(what.equals("key") ? "PRIVATE KEY" : "CERTIFICATE", octets));
      return file;
    }
  }

  public Authority(Path folder, String name) throws Exception {
    this.folder = Files.createDirectories(folder);
    this.name = name;
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-dname",
        "CN=" + name,
        "-ext",
        "bc:c",
        "-ext",
        "ku:c=keyCertSign,cRLSign");
  }

  /** A device, or the hub: its certificate names it and this machine. */
  public Identity issue(String subject) throws Exception {
    return issue(subject, "ip:127.0.0.1,dns:localhost");
  }

  /**
   * @param names alternative ones
   */
  public Identity issue(String subject, String names) throws Exception {
    keytool("-genkeypair", "-alias", subject, "-dname", "CN=" + subject);
    Path request = folder.resolve(subject + ".csr");
    Path given = folder.resolve(subject + ".given");
    keytool("-certreq", "-alias", subject, "-file", request.toString());
    keytool(
        "-gencert",
        "-alias",
        name,
        "-infile",
        request.toString(),
        "-outfile",
        given.toString(),
        "-ext",
        "ku=digitalSignature",
        "-ext",
        "san=" + names);
    keytool("-importcert", "-noprompt", "-alias", subject, "-file", given.toString());
    KeyStore store = open();
    PrivateKey key = (PrivateKey) store.getKey(subject, PASSWORD.toCharArray());
    Certificate[] chain = store.getCertificateChain(subject);
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    own.setKeyEntry(subject, key, PASSWORD.toCharArray(), chain);
    Path keystore = folder.resolve(subject + ".p12");
    try (var out = Files.newOutputStream(keystore)) {
      own.store(out, PASSWORD.toCharArray());
    }
    return new Identity(
        keystore, key, Arrays.stream(chain).map(X509Certificate.class::cast).toList());
  }

  public X509Certificate certificate() throws Exception {
    return (X509Certificate) open().getCertificate(name);
  }

  /** Puts its certificate into a folder. */
  public Path publish(Path to) throws Exception {
    Path file = Files.createDirectories(to).resolve(name + ".pem");
    Files.writeString(file, armoured("CERTIFICATE", certificate().getEncoded()));
    return file;
  }

  /** Puts a list of what is revoked into a folder. */
  public void revoke(Identity identity, Path to) throws Exception {
    keytool(
        "-gencrl",
        "-alias",
        name,
        "-id",
        identity.chain().get(0).getSerialNumber().toString(),
        "-rfc",
        "-file",
        to.resolve(name + ".crl").toString());
  }

  private KeyStore open() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("all.p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private static String armoured(String what, byte[] octets) {
    String lines =
        Base64.getMimeEncoder(LINE, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(octets);
    return "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
  }

  private void keytool(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(words));
    command.addAll(
        List.of("-keystore", folder.resolve("all.p12").toString(), "-storepass", PASSWORD));
    if (words[0].equals("-genkeypair")) {
      command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(said);
    }
  }
}
