package io.patchbay.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * A jar with {@link LinkedClass linked} classes, not compressed: nothing is inflated at a start.
 */
final class LinkedJar {
  private LinkedJar() {}

  /** What is no jar stays as it is. */
  static byte[] of(byte[] jar) throws IOException {
    boolean empty = true;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(2 * jar.length);
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(jar));
        ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        empty = false;
        String name = entry.getName();
        byte[] content = in.readAllBytes();
        Map<String, byte[]> linked = isCode(name) ? LinkedClass.of(content) : Map.of();
        if (linked.isEmpty() && !isSignature(name)) {
          put(out, entry, name, content);
        }
        for (Map.Entry<String, byte[]> one : linked.entrySet()) {
          put(out, entry, one.getKey() + ".class", one.getValue());
        }
      }
    }
    return empty ? jar : bytes.toByteArray();
  }

  /** What a jar keeps for newer virtual machines has several classes of one name: left alone. */
  private static boolean isCode(String name) {
    return name.endsWith(".class") && !name.startsWith("META-INF/");
  }

  /** A signature would be one of other bytes. */
  private static boolean isSignature(String name) {
    return name.matches("META-INF/[^/]*\\.(SF|RSA|DSA|EC)");
  }

  private static void put(ZipOutputStream out, ZipEntry like, String name, byte[] content)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(like.getTime());
    if (name.endsWith(".class")) {
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(content.length);
      CRC32 sum = new CRC32();
      sum.update(content);
      entry.setCrc(sum.getValue());
    }
    out.putNextEntry(entry);
    out.write(content);
    out.closeEntry();
  }
}
