package io.patchbay.profiles.javascript;

import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.RhinoException;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;

/** The engine, made when the first script is compiled. */
final class Engine {
  /** What the engine says when functions of a script call one another too deeply. */
  private static final String TOO_DEEP = "Exceeded maximum stack depth";

  private static final Run.Factory FACTORY = new Run.Factory();
  private static final ScriptableObject STANDARD = standard();

  private Engine() {}

  /** What is done with the engine. */
  interface Work<T> {
    T in(Run run, Scriptable scope) throws ScriptException;
  }

  private static ScriptableObject standard() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try {
      // the engine finds its regular expressions as a service of whatever loader the thread has
      thread.setContextClassLoader(Context.class.getClassLoader());
      Run run = (Run) FACTORY.enterContext();
      try {
        run.unbounded();
        return Standard.make(run);
      } finally {
        Context.exit();
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /**
   * Does something within the bounds of one run, in a scope of its own: nothing stays of it.
   *
   * @throws ScriptException when the script is wrong or takes too much
   */
  static <T extends @Nullable Object> T run(double now, Work<T> work) throws ScriptException {
    Run run = (Run) FACTORY.enterContext();
    try {
      run.now(now);
      run.bounded();
      Scriptable scope = run.newObject(STANDARD);
      scope.setPrototype(STANDARD);
      scope.setParentScope(null);
      return work.in(run, scope);
    } catch (RhinoException e) {
      throw new ScriptException(e.lineNumber(), e.details(), e.details().startsWith(TOO_DEEP));
    } catch (StackOverflowError e) {
      throw new ScriptException(0, "it was ended: too many functions within one another", true);
    } catch (OutOfMemoryError e) {
      throw new ScriptException(0, "it was ended: too much memory", true);
    } catch (LinkageError e) {
      throw e;
    } catch (Error e) {
      // an overrun, or a text that is too long
      throw new ScriptException(0, "it was ended: " + e.getMessage(), true);
    } catch (RuntimeException e) {
      throw new ScriptException(0, "the engine failed: " + e, false);
    } finally {
      Context.exit();
    }
  }
}
