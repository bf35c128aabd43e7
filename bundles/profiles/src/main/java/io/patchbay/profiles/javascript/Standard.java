package io.patchbay.profiles.javascript;

import io.patchbay.profiles.javascript.Guarded.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mozilla.javascript.BaseFunction;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.ScriptRuntime;
import org.mozilla.javascript.Scriptable;
import org.mozilla.javascript.ScriptableObject;
import org.mozilla.javascript.Symbol;
import org.mozilla.javascript.TopLevel;
import org.mozilla.javascript.Undefined;

/**
 * What all scripts share: the objects of the language, without those that reach for Java, make code
 * or work without a bound, each function {@link Guarded}, all of it sealed.
 */
final class Standard {
  /** Everything a script finds, besides what it defines. */
  private static final Set<String> GLOBALS =
      Set.of(
          "Object",
          "Function",
          "Array",
          "String",
          "Number",
          "Boolean",
          "Symbol",
          "Math",
          "JSON",
          "Date",
          "RegExp",
          "Map",
          "Set",
          "Error",
          "EvalError",
          "RangeError",
          "ReferenceError",
          "SyntaxError",
          "TypeError",
          "URIError",
          "InternalError",
          "ArrayBuffer",
          "DataView",
          "Int8Array",
          "Uint8Array",
          "Uint8ClampedArray",
          "Int16Array",
          "Uint16Array",
          "Int32Array",
          "Uint32Array",
          "Float32Array",
          "Float64Array",
          "NaN",
          "Infinity",
          "undefined",
          "parseInt",
          "parseFloat",
          "isNaN",
          "isFinite",
          "encodeURI",
          "encodeURIComponent",
          "decodeURI",
          "decodeURIComponent",
          "escape",
          "unescape");

  /** What none of them may keep: reaching for code or prototypes, and work without a bound. */
  private static final Map<String, List<String>> WITHOUT =
      Map.of(
          "Object", List.of("groupBy"),
          "Object.prototype",
              List.of(
                  "__proto__",
                  "__defineGetter__",
                  "__defineSetter__",
                  "__lookupGetter__",
                  "__lookupSetter__",
                  "toSource"),
          "Array.prototype", List.of("flat", "flatMap", "copyWithin", "toSource"),
          "String", List.of("raw"),
          "Error", List.of("captureStackTrace", "stackTraceLimit", "prepareStackTrace"),
          "Map", List.of("groupBy"),
          "DataView.prototype",
              List.of("getBigInt64", "getBigUint64", "setBigInt64", "setBigUint64"));

  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("String.prototype.repeat", Kind.GROWS),
          Map.entry("String.prototype.padStart", Kind.GROWS),
          Map.entry("String.prototype.padEnd", Kind.GROWS),
          Map.entry("String.prototype.concat", Kind.GROWS),
          Map.entry("String.prototype.replace", Kind.REPLACES),
          Map.entry("String.prototype.replaceAll", Kind.REPLACES),
          Map.entry("RegExp.prototype.@@replace", Kind.REPLACES),
          Map.entry("String.prototype.indexOf", Kind.COMPARES),
          Map.entry("String.prototype.lastIndexOf", Kind.COMPARES),
          Map.entry("String.prototype.includes", Kind.COMPARES),
          Map.entry("String.prototype.split", Kind.COMPARES),
          Map.entry("Array.prototype.indexOf", Kind.COMPARES),
          Map.entry("Array.prototype.lastIndexOf", Kind.COMPARES),
          Map.entry("Array.prototype.includes", Kind.COMPARES),
          Map.entry("Array.prototype.sort", Kind.COMPARES),
          Map.entry("Array.prototype.toSorted", Kind.COMPARES),
          Map.entry("Array.prototype.join", Kind.JOINS),
          Map.entry("Array.prototype.toString", Kind.JOINS),
          Map.entry("Array.prototype.toLocaleString", Kind.JOINS),
          Map.entry("JSON.stringify", Kind.WRITES),
          Map.entry("Object.freeze", Kind.CHANGES),
          Map.entry("Object.seal", Kind.CHANGES),
          Map.entry("Object.preventExtensions", Kind.CHANGES),
          Map.entry("Object.setPrototypeOf", Kind.CHANGES),
          Map.entry("Object.defineProperty", Kind.CHANGES),
          Map.entry("Object.defineProperties", Kind.CHANGES),
          Map.entry("Object.assign", Kind.CHANGES));

  private Standard() {}

  static ScriptableObject make(Run run) {
    TopLevel scope = new TopLevel();
    run.initSafeStandardObjects(scope, false);
    for (Object id : scope.getAllIds()) {
      if (!(id instanceof String name) || !GLOBALS.contains(name)) {
        delete(scope, id);
      }
    }
    BaseFunction object = (BaseFunction) scope.get("Object", scope);
    run.describe((BaseFunction) object.get("getOwnPropertyDescriptor", object));
    ScriptableObject math = (ScriptableObject) scope.get("Math", scope);
    replace(math, "random", refusing(scope, "Math.random: the same frame means the same"));
    List<ScriptableObject> hidden = hidden(run, scope);
    for (Object id : scope.getAllIds()) {
      String name = String.valueOf(id);
      if (scope.get(name, scope) instanceof ScriptableObject value) {
        guard(scope, name, value);
        if (value instanceof BaseFunction function
            && function.getPrototypeProperty() instanceof ScriptableObject prototype) {
          guard(scope, name + ".prototype", prototype);
          construct(scope, name, function, prototype);
        } else if (value instanceof BaseFunction function) {
          replace(scope, name, new Guarded(scope, function, Kind.PLAIN));
        }
      }
    }
    hidden.forEach(prototype -> guard(scope, "", prototype));
    console(scope);
    seal(scope, hidden);
    return scope;
  }

  /** Prototypes that no global leads to: those of iterators, and of functions that generate. */
  private static List<ScriptableObject> hidden(Run run, ScriptableObject scope) {
    List<ScriptableObject> prototypes = new ArrayList<>();
    for (String source :
        new String[] {
          "[][Symbol.iterator]()", "''[Symbol.iterator]()", "new Map()[Symbol.iterator]()",
          "new Set()[Symbol.iterator]()", "(function*(){})()", "/./[Symbol.matchAll]('')",
          "(function*(){})", "Object.getPrototypeOf(Uint8Array)"
        }) {
      try {
        Object value = run.evaluateString(scope, source, "", 1, null);
        for (Scriptable object = value instanceof Scriptable s ? s : null;
            object != null;
            object = object.getPrototype()) {
          if (object instanceof ScriptableObject known) {
            prototypes.add(known);
          }
        }
      } catch (org.mozilla.javascript.RhinoException e) {
        // this engine does not have it
      }
    }
    return prototypes;
  }

  private static void guard(ScriptableObject scope, String path, ScriptableObject owner) {
    WITHOUT.getOrDefault(path, List.of()).forEach(name -> delete(owner, name));
    for (Object id : owner.getAllIds()) {
      if ("constructor".equals(id) || "prototype".equals(id)) {
        continue;
      }
      Object value = data(owner, id);
      if (value instanceof BaseFunction function && !(value instanceof Guarded)) {
        String name = id instanceof Symbol symbol ? symbol.toString() : String.valueOf(id);
        name =
            name.startsWith("Symbol(Symbol.") ? "@@" + name.substring(14, name.length() - 1) : name;
        Kind kind = KINDS.getOrDefault(path + "." + name, Kind.PLAIN);
        replace(owner, id, new Guarded(scope, function, kind));
      }
    }
  }

  /** A constructor as scripts see it. */
  private static void construct(
      ScriptableObject scope, String name, BaseFunction original, ScriptableObject prototype) {
    BaseFunction seen = original;
    if (name.equals("Function")) {
      seen = refusing(scope, "code from text is not accepted");
    } else if (name.equals("Date")) {
      seen = new Guarded(scope, original, Kind.DATES);
    } else if (name.equals("ArrayBuffer") || (name.endsWith("Array") && !name.equals("Array"))) {
      seen = new Guarded(scope, original, Kind.ALLOCATES);
    } else if (!Set.of("Object", "Symbol").contains(name) && !name.endsWith("Error")) {
      seen = new Guarded(scope, original, Kind.PLAIN);
    }
    if (seen != original) {
      for (Object id : original.getAllIds()) {
        boolean own = Set.of("prototype", "length", "name", "arguments", "arity").contains(id);
        Object value = own ? null : data(original, id);
        if (value != null && value != Scriptable.NOT_FOUND) {
          replace(seen, id, value);
        }
      }
      if (name.equals("Date")) {
        replace(seen, "now", new Now(scope));
      }
      seen.setImmunePrototypeProperty(prototype);
      replace(prototype, "constructor", seen);
      replace(scope, name, seen);
    }
  }

  private static final class Now extends BaseFunction {
    private static final long serialVersionUID = 1L;

    private Now(ScriptableObject scope) {
      super(scope, ScriptableObject.getFunctionPrototype(scope));
    }

    @Override
    public Object call(Context context, Scriptable scope, Scriptable self, Object[] arguments) {
      return ((Run) context).now();
    }
  }

  private static BaseFunction refusing(ScriptableObject scope, String why) {
    return new BaseFunction(scope, ScriptableObject.getFunctionPrototype(scope)) {
      private static final long serialVersionUID = 1L;

      @Override
      public Object call(Context context, Scriptable inside, Scriptable self, Object[] arguments) {
        throw ScriptRuntime.typeError(why);
      }

      @Override
      public Scriptable construct(Context context, Scriptable inside, Object[] arguments) {
        throw ScriptRuntime.typeError(why);
      }
    };
  }

  /** Scripts were tried out somewhere: what they print goes nowhere. */
  private static void console(ScriptableObject scope) {
    ScriptableObject console = (ScriptableObject) Context.getCurrentContext().newObject(scope);
    for (String name : List.of("log", "info", "warn", "error", "debug")) {
      BaseFunction nothing =
          new BaseFunction(scope, ScriptableObject.getFunctionPrototype(scope)) {
            private static final long serialVersionUID = 1L;

            @Override
            public Object call(
                Context context, Scriptable inside, Scriptable self, Object[] arguments) {
              return Undefined.instance;
            }
          };
      replace(console, name, nothing);
    }
    replace(scope, "console", console);
  }

  /**
   * The value of an own property.
   *
   * @return null when there is none, {@link Scriptable#NOT_FOUND} when a function gives it
   */
  static @Nullable Object data(ScriptableObject owner, Object id) {
    return described(owner, id)
        .map(found -> found.has("get", found) ? Scriptable.NOT_FOUND : found.get("value", found))
        .orElse(null);
  }

  private static Optional<ScriptableObject> described(ScriptableObject owner, Object id) {
    Run run = Run.current();
    Object[] arguments = {owner, id};
    return run.describe().call(run, owner, owner, arguments) instanceof ScriptableObject found
        ? Optional.of(found)
        : Optional.empty();
  }

  private static void delete(ScriptableObject owner, Object id) {
    if (id instanceof String name) {
      owner.setAttributes(name, ScriptableObject.EMPTY);
      owner.delete(name);
    } else if (id instanceof Symbol symbol) {
      owner.delete(symbol);
    }
  }

  private static void replace(ScriptableObject owner, Object id, Object value) {
    if (id instanceof String name) {
      owner.defineProperty(name, value, ScriptableObject.DONTENUM);
    } else if (id instanceof Symbol symbol) {
      owner.defineProperty(symbol, value, ScriptableObject.DONTENUM);
    }
  }

  private static void seal(ScriptableObject scope, List<ScriptableObject> hidden) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<ScriptableObject> left = new ArrayDeque<>(hidden);
    left.add(scope);
    while (!left.isEmpty()) {
      ScriptableObject object = left.remove();
      if (seen.add(object)) {
        for (Object id : object.getAllIds()) {
          described(object, id)
              .ifPresent(
                  found -> {
                    for (String part : new String[] {"value", "get", "set"}) {
                      if (found.get(part, found) instanceof ScriptableObject inner) {
                        left.add(inner);
                      }
                    }
                  });
        }
        if (object.getPrototype() instanceof ScriptableObject prototype) {
          left.add(prototype);
        }
        object.sealObject();
      }
    }
  }
}
