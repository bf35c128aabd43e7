package io.patchbay.profiles.javascript;

import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.NativeArray;
import org.mozilla.javascript.ScriptRuntime;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.Undefined;
import org.mozilla.javascript.typedarrays.NativeArrayBufferView;

/**
 * A function of the engine as scripts see it: what it is given is weighed before and what it gives
 * after, because the engine counts no steps while it works in Java.
 */
final class Guarded extends BaseFunction {
  private static final long serialVersionUID = 1L;

  /** The longest text, array or buffer that a function of the engine takes. */
  static final int LONGEST = 1 << 18;

  /** What a function needs besides being weighed. */
  enum Kind {
    PLAIN,
    /** Takes texts of arguments and gives one of their length, or of one that they say. */
    GROWS,
    /** Puts one text in the place of several others. */
    REPLACES,
    /** Makes one text of many. */
    JOINS,
    /** Looks for one among many. */
    COMPARES,
    /** Makes a buffer. */
    ALLOCATES,
    /** Changes an object, which must not be one of the shared. */
    CHANGES,
    /** Makes a date, without arguments that of the frame. */
    DATES,
    /** Writes JSON, which can be larger than what it is made of. */
    WRITES
  }

  private final transient BaseFunction inside;
  private final transient Kind kind;
  private final String called;

  Guarded(Scriptable scope, BaseFunction inside, Kind kind) {
    super(scope, ScriptableObject.getFunctionPrototype(scope));
    this.inside = inside;
    this.kind = kind;
    called = inside.getFunctionName();
  }

  @Override
  public String getFunctionName() {
    return called;
  }

  @Override
  public int getLength() {
    return inside.getLength();
  }

  @Override
  public int getArity() {
    return inside.getArity();
  }

  @Override
  public Object call(
      Context context, Scriptable scope, @Nullable Scriptable self, Object[] arguments) {
    Run run = (Run) context;
    run.deeper();
    try {
      if (kind == Kind.DATES) {
        return inside.call(context, scope, null, dated(run, arguments));
      }
      Object[] ready = prepared(run, arguments);
      if (called.equals("defineProperty") && shared(ready) && present(ready)) {
        // scripts bring what some engines lack; what is there already stays as it is
        return ready[0];
      }
      weigh(run, self, ready);
      Object result =
          kind == Kind.JOINS ? joined(run, self, ready) : inside.call(context, scope, self, ready);
      run.spend(1 + size(result) / 8);
      return result;
    } finally {
      run.back();
    }
  }

  @Override
  public Scriptable construct(Context context, Scriptable scope, Object[] arguments) {
    Run run = (Run) context;
    run.deeper();
    try {
      Object[] ready = kind == Kind.DATES ? dated(run, arguments) : prepared(run, arguments);
      weigh(run, null, ready);
      return inside.construct(context, scope, ready);
    } finally {
      run.back();
    }
  }

  private static Object[] dated(Run run, Object[] arguments) {
    return arguments.length == 0 ? new Object[] {run.now()} : arguments;
  }

  /** Arguments that cannot change any more when they have been weighed. */
  private Object[] prepared(Run run, Object[] arguments) {
    Object[] ready = arguments.clone();
    for (int i = 0; i < ready.length; i++) {
      Object given = ready[i];
      boolean object = given instanceof Scriptable;
      switch (kind) {
        case GROWS ->
            ready[i] =
                i == 0 && !called.equals("concat")
                    ? (Object) ScriptRuntime.toNumber(given)
                    : object ? text(run, given) : given;
        case ALLOCATES -> {
          if (i == 0 && object && called.equals("ArrayBuffer")) {
            ready[i] = ScriptRuntime.toNumber(given);
          }
        }
        case JOINS -> ready[i] = Undefined.isUndefined(given) ? "," : text(run, given);
        case REPLACES -> {
          if (i == 1) {
            ready[i] =
                given instanceof Function function
                    ? new Weighed(function)
                    : object ? text(run, given) : given;
          }
        }
        case WRITES -> {
          if (i == 1) {
            ready[i] = replacer(given);
          }
        }
        default -> {
          // weighed as it is
        }
      }
    }
    if (kind == Kind.WRITES && ready.length < 2) {
      return new Object[] {ready.length == 0 ? Undefined.instance : ready[0], replacer(null)};
    }
    return ready;
  }

  private static String text(Run run, Object value) {
    String text = ScriptRuntime.toString(value);
    run.spend(1 + text.length() / 8);
    return text;
  }

  private static Object replacer(@Nullable Object given) {
    if (given instanceof Function function) {
      return new Weighed(function);
    } else if (given instanceof Scriptable) {
      throw ScriptRuntime.typeError("JSON.stringify takes a function or nothing");
    }
    return new Weighed(null);
  }

  /** A function of the script that the engine calls very often: what it gives is weighed. */
  private static final class Weighed extends BaseFunction {
    private static final long serialVersionUID = 1L;
    private final transient @Nullable Function inside;

    private Weighed(@Nullable Function inside) {
      this.inside = inside;
    }

    @Override
    public Object call(Context context, Scriptable scope, Scriptable self, Object[] arguments) {
      Object result = inside == null ? arguments[1] : inside.call(context, scope, self, arguments);
      ((Run) context).spend(10 + (result instanceof CharSequence text ? text.length() / 8 : 0));
      return result;
    }
  }

  private void weigh(Run run, @Nullable Object self, Object[] arguments) {
    long own = size(self);
    long first = arguments.length == 0 ? 0 : size(arguments[0]);
    long size = own + first;
    for (int i = 1; i < arguments.length; i++) {
      size += size(arguments[i]);
    }
    switch (kind) {
      case GROWS -> {
        if (!(self instanceof Scriptable text) || !text.getClassName().equals("String")) {
          throw ScriptRuntime.typeError(called + " is for texts");
        }
        if (!called.equals("concat")) {
          size += number(arguments) * (called.equals("repeat") ? Math.max(1, own) : 1);
        }
      }
      case REPLACES -> {
        if (arguments.length > 1 && arguments[1] instanceof CharSequence by) {
          long inserted = by.chars().filter(c -> c == '$').count() * (own + first) + by.length();
          size += (own + first + 1) * inserted;
        }
        size += own * first / 8;
      }
      case COMPARES -> size += self instanceof NativeArray array ? texts(array) : own * first / 8;
      case ALLOCATES -> size += 8 * number(arguments);
      case CHANGES -> {
        if (shared(arguments)) {
          throw ScriptRuntime.typeError("what all scripts share cannot be changed");
        }
      }
      default -> {
        // what it does is in proportion to what it is given
      }
    }
    if (size > 8L * LONGEST || own > LONGEST * 2L) {
      throw new Run.Overrun("more than " + LONGEST + " elements in " + called);
    }
    run.spend(1 + size / 8);
  }

  private static boolean shared(Object[] arguments) {
    return arguments.length > 0
        && arguments[0] instanceof ScriptableObject object
        && object.isSealed();
  }

  private static boolean present(Object[] arguments) {
    return arguments.length > 1
        && arguments[1] instanceof CharSequence name
        && ScriptableObject.hasProperty((Scriptable) arguments[0], name.toString());
  }

  /** Characters or elements; of what has no length none. */
  private static long size(@Nullable Object value) {
    if (value instanceof CharSequence text) {
      return text.length();
    } else if (value instanceof NativeArray array) {
      return array.getLength();
    } else if (value instanceof NativeArrayBufferView view) {
      return view.getByteLength();
    } else if (value instanceof ScriptableObject object && !(value instanceof Function)) {
      return length(object);
    }
    return 0;
  }

  /** Of what only looks like an array. A getter could say something else the next time. */
  private static long length(ScriptableObject object) {
    Scriptable holder = object;
    while (holder != null && !holder.has("length", holder)) {
      holder = holder.getPrototype();
    }
    if (!(holder instanceof ScriptableObject base)) {
      return 0;
    }
    Object length = Standard.data(base, "length");
    if (length instanceof Number number) {
      return (long) Math.min(Math.max(0, number.doubleValue()), 1e15);
    } else if (length == null || Undefined.isUndefined(length)) {
      return 0;
    }
    throw ScriptRuntime.typeError("a length that is no number");
  }

  private static long number(Object[] arguments) {
    if (arguments.length == 0 || arguments[0] instanceof Scriptable) {
      return 0;
    }
    return (long) Math.min(Math.max(0, ScriptRuntime.toNumber(arguments[0])), 1e12);
  }

  private static long texts(NativeArray array) {
    long sum = 0;
    long most = Math.min(array.getLength(), LONGEST);
    for (int i = 0; i < most; i++) {
      sum += array.get(i, array) instanceof CharSequence text ? text.length() : 1;
    }
    return sum;
  }

  /** As Array.prototype.join does it (ECMA-262, clause 23.1.3.18), within bounds. */
  private static String joined(Run run, @Nullable Scriptable self, Object[] arguments) {
    if (self == null) {
      throw ScriptRuntime.typeError("join is for arrays");
    }
    String between = arguments.length == 0 ? "," : (String) arguments[0];
    StringBuilder text = new StringBuilder();
    long length =
        self instanceof NativeArray array
            ? array.getLength()
            : (long) ScriptRuntime.toNumber(ScriptableObject.getProperty(self, "length"));
    for (int i = 0; i < length; i++) {
      Object element = ScriptableObject.getProperty(self, i);
      boolean nothing =
          element == null || element == Scriptable.NOT_FOUND || Undefined.isUndefined(element);
      String one = (i == 0 ? "" : between) + (nothing ? "" : ScriptRuntime.toString(element));
      run.spend(2 + one.length() / 8);
      if (text.length() + one.length() > LONGEST) {
        throw new Run.Overrun("a text of more than " + LONGEST + " characters");
      }
      text.append(one);
    }
    return text.toString();
  }
}
