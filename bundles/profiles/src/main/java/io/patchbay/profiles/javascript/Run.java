package io.patchbay.profiles.javascript;

import com.sun.management.ThreadMXBean;
import java.io.Serial;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.Callable;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ContextFactory;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.Undefined;
import org.mozilla.javascript.WrapFactory;
import org.mozilla.javascript.debug.DebugFrame;
import org.mozilla.javascript.debug.DebuggableScript;
import org.mozilla.javascript.debug.Debugger;
import org.mozilla.javascript.lc.type.TypeInfo;

/**
 * One call of a script and what it may use. What the engine does in Java is accounted for by {@link
 * Guarded}; an overrun is an error, which no script can catch.
 */
final class Run extends Context {
  /** Steps of one call: some 20 ms. */
  private static final long MOST_STEPS = 1_000_000;

  /** Octets that one call may allocate. */
  private static final long MOST_MEMORY = 48L << 20;

  /** Only a machine in distress comes here before the steps are used up. */
  private static final long MOST_NANOS = 2_000_000_000L;

  /** Steps between two looks at memory and clock. */
  private static final int LOOK = 5_000;

  /** Steps of a call. */
  private static final int CALL = 20;

  /** Functions of the engine that call the script that calls the engine. */
  private static final int DEEPEST = 40;

  /** Functions of the script that call one another. */
  private static final int DEEPEST_CALLS = 400;

  private static final ThreadMXBean THREADS =
      ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  /** A script has used up what it may. */
  static final class Overrun extends Error {
    @Serial private static final long serialVersionUID = 1L;

    Overrun(String what) {
      super(what, null, false, false);
    }
  }

  /** Makes runs. */
  static final class Factory extends ContextFactory {
    private volatile Callable describe = (context, scope, self, arguments) -> Undefined.instance;

    @Override
    protected Context makeContext() {
      return new Run(this);
    }

    @Override
    protected boolean hasFeature(Context context, int feature) {
      return switch (feature) {
        case Context.FEATURE_PARENT_PROTO_PROPERTIES,
            Context.FEATURE_E4X,
            Context.FEATURE_ENHANCED_JAVA_ACCESS ->
            false;
        default -> super.hasFeature(context, feature);
      };
    }

    @Override
    protected void observeInstructionCount(Context context, int count) {
      ((Run) context).spend(count);
    }
  }

  /** Nothing of Java comes into a script. */
  private static final class Nothing extends WrapFactory {
    @Override
    public Object wrap(Context context, Scriptable scope, Object object, TypeInfo type) {
      throw new Overrun("a value of Java");
    }
  }

  /** The engine looks at its count where a script branches; one that only calls is counted here. */
  private static final Debugger CALLS =
      new Debugger() {
        @Override
        public void handleCompilationDone(Context context, DebuggableScript code, String source) {
          // nothing to do
        }

        @Override
        public @Nullable DebugFrame getFrame(Context context, DebuggableScript code) {
          ((Run) context).spend(CALL);
          return null;
        }
      };

  private final long began = System.nanoTime();
  private final long allocated = THREADS.getCurrentThreadAllocatedBytes();
  private long steps;
  private long looked;
  private int depth;
  private double now;

  private Run(Factory factory) {
    super(factory);
    setInterpretedMode(true);
    setLanguageVersion(Context.VERSION_ES6);
    setInstructionObserverThreshold(LOOK);
    setMaximumInterpreterStackDepth(DEEPEST_CALLS);
    setClassShutter(name -> false);
    setWrapFactory(new Nothing());
    setGeneratingDebug(false);
    setLocale(Locale.ROOT);
    setTimeZone(TimeZone.getTimeZone("UTC"));
  }

  static Run current() {
    return (Run) Context.getCurrentContext();
  }

  /** Object.getOwnPropertyDescriptor of the engine. */
  Callable describe() {
    return ((Factory) getFactory()).describe;
  }

  void describe(Callable function) {
    ((Factory) getFactory()).describe = function;
  }

  /** What the script takes for the present, in milliseconds since 1970. */
  double now() {
    return now;
  }

  void now(double milliseconds) {
    now = milliseconds;
  }

  /** Accounts for steps of the script, or for what the engine does in as much time. */
  void spend(long more) {
    steps += more;
    if (steps > MOST_STEPS) {
      throw new Overrun("more than " + MOST_STEPS + " steps");
    }
    if (steps - looked >= LOOK) {
      looked = steps;
      if (THREADS.getCurrentThreadAllocatedBytes() - allocated > MOST_MEMORY) {
        throw new Overrun("more than " + (MOST_MEMORY >> 20) + " MiB of memory");
      } else if (System.nanoTime() - began > MOST_NANOS) {
        throw new Overrun("more than " + MOST_NANOS / 1_000_000_000L + " s");
      }
    }
  }

  /** While the engine itself is made, or a script compiled: nobody else's code runs then. */
  void unbounded() {
    steps = Long.MIN_VALUE / 2;
    looked = Long.MAX_VALUE / 4;
  }

  void bounded() {
    steps = 0;
    looked = 0;
    setDebugger(CALLS, CALLS);
  }

  void deeper() {
    if (++depth > DEEPEST) {
      throw new Overrun("more than " + DEEPEST + " functions within one another");
    }
  }

  void back() {
    depth--;
  }
}
