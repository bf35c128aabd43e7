package io.patchbay.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

final class LinkedClassTest {
  @Test
  void sameResultsWithoutAnythingToBeSpun() throws Exception {
    byte[] original = bytes(LambdaExamples.class);
    Map<String, byte[]> linked = LinkedClass.of(original);

    assertThat(spun(original)).isGreaterThan(20);
    assertThat(linked.values()).allSatisfy(one -> assertThat(spun(one)).isZero());
    Object results =
        new Loader(linked)
            .loadClass(LambdaExamples.class.getName())
            .getMethod("results")
            .invoke(null);
    assertThat(results).isEqualTo(LambdaExamples.results());
  }

  @Test
  void aClassWithoutLambdasStaysAsItIs() throws IOException {
    assertThat(LinkedClass.of(bytes(Refusal.class))).isEmpty();
  }

  @Test
  void aClassFileOfTheFutureStaysAsItIs() throws IOException {
    byte[] future = bytes(LambdaExamples.class);
    future[7] = (byte) 250; // JVMS 4.1: the major version
    assertThat(LinkedClass.of(future)).isEmpty();
  }

  private static byte[] bytes(Class<?> type) throws IOException {
    try (InputStream in =
        type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      assertThat(in).isNotNull();
      return in.readAllBytes();
    }
  }

  private static int spun(byte[] code) {
    int[] count = new int[1];
    new ClassReader(code)
        .accept(
            new ClassVisitor(Opcodes.ASM9) {
              @Override
              public MethodVisitor visitMethod(
                  int access,
                  String name,
                  String type,
                  @Nullable String signature,
                  String @Nullable [] exceptions) {
                return new MethodVisitor(Opcodes.ASM9) {
                  @Override
                  public void visitInvokeDynamicInsn(
                      String called, String descriptor, Handle bootstrap, Object... arguments) {
                    count[0]++;
                  }
                };
              }
            },
            0);
    return count[0];
  }

  /** The linked classes are its own; everything else is the test's. */
  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> classes = new HashMap<>();

    Loader(Map<String, byte[]> linked) {
      super(LinkedClassTest.class.getClassLoader());
      linked.forEach((name, code) -> classes.put(name.replace('/', '.'), code));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      byte[] code = classes.remove(name);
      return code == null ? findOrLoad(name, resolve) : defineClass(name, code, 0, code.length);
    }

    private Class<?> findOrLoad(String name, boolean resolve) throws ClassNotFoundException {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? super.loadClass(name, resolve) : loaded;
    }
  }
}
