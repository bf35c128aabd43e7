package io.patchbay.runtime;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * SIGTERM and SIGINT. A shutdown hook would not do: it cannot choose the exit code, and a second
 * signal would wait for it. {@code sun.misc.Signal} is what JDKs offer; reflection keeps the
 * compiler's warning about it away.
 */
final class Signals {
  private static final int KILLED = 130;

  private Signals() {}

  /** The first signal runs {@code stop}, the second ends the process at once. */
  static void onStop(Runnable stop) {
    StopOnce once = new StopOnce(stop);
    InvocationHandler handler =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                once.signalled();
                yield null;
              }
              case "equals" -> proxy == arguments[0];
              case "hashCode" -> System.identityHashCode(proxy);
              default -> "patchbay";
            };
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(), new Class<?>[] {handlerType}, handler);
      for (String name : new String[] {"TERM", "INT"}) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
    } catch (ReflectiveOperationException without) {
      // a JDK without it: stop in order all the same, with the JVM's own exit code
      Runtime.getRuntime().addShutdownHook(new Thread(stop, "patchbay-stop"));
    }
  }

  private static final class StopOnce {
    private final Runnable stop;
    private boolean stopping;

    StopOnce(Runnable stop) {
      this.stop = stop;
    }

    synchronized void signalled() {
      if (stopping) {
        Runtime.getRuntime().halt(KILLED);
      }
      stopping = true;
      stop.run();
    }
  }
}
