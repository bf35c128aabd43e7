package io.patchbay.profiles.javascript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nothing of the engine holds its classes when its bundle goes, whatever threads ran scripts. */
class EngineUnloadTest {
  private static final String MEDIA = "io.patchbay.profiles.media.";
  private static final String SCRIPT =
      "{\"javascript\":{\"source\":\"function decodeUplink(i) { return { data: { n: i.bytes.length,"
          + " s: 'a-b'.replace(/-/, '+') } }; }\"}}";

  @Test
  void theEnginesClassesAreCollectedAfterItsLastScript() throws Exception {
    WeakReference<ClassLoader> engine = used();
    await()
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(engine.refersTo(null)).isTrue();
            });
  }

  /** The classes of an engine that ran on this thread, which lives on, and on another. */
  private static WeakReference<ClassLoader> used() throws Exception {
    try (URLClassLoader apart = apart()) {
      run(apart);
      Thread other = new Thread(() -> run(apart), "another-user-of-scripts");
      other.start();
      other.join();
      ClassLoader engine = apart.loadClass("org.mozilla.javascript.Context").getClassLoader();
      assertThat(engine).isSameAs(apart);
      return new WeakReference<>(engine);
    }
  }

  /** The engine and its users once more, as their bundles would have them. */
  private static final class Apart extends URLClassLoader {
    Apart(URL[] places) {
      super(places, EngineUnloadTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        boolean own = name.startsWith("org.mozilla.") || name.startsWith("io.patchbay.profiles.");
        return known != null ? known : own ? findClass(name) : super.loadClass(name, resolve);
      }
    }
  }

  private static URLClassLoader apart() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String place : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
      urls.add(Path.of(place).toUri().toURL());
    }
    return new Apart(urls.toArray(URL[]::new));
  }

  /** Compiles and runs a script. */
  private static void run(ClassLoader classes) {
    try {
      Object codec =
          method(classes.loadClass(MEDIA + "PayloadCodecs"), "of", String.class)
              .invoke(null, SCRIPT);
      Class<?> envelope = classes.loadClass(MEDIA + "PayloadCodec$Envelope");
      Constructor<?> make = envelope.getDeclaredConstructor(int.class, Instant.class);
      make.setAccessible(true);
      Object unpacked =
          method(classes.loadClass(MEDIA + "PayloadCodec"), "unpack", byte[].class, envelope)
              .invoke(codec, new byte[3], make.newInstance(1, Instant.EPOCH));
      assertThat(unpacked.toString()).contains("\"n\":3", "a+b");
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a script cannot be run", e);
    }
  }

  private static Method method(Class<?> type, String name, Class<?>... parameters)
      throws NoSuchMethodException {
    Method method = type.getDeclaredMethod(name, parameters);
    method.setAccessible(true);
    return method;
  }
}
