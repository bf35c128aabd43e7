package io.patchbay.profiles.javascript;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.mozilla.javascript.CompilerEnvirons;
import org.mozilla.javascript.Context;
import org.mozilla.javascript.Function;
import org.mozilla.javascript.Parser;
import org.mozilla.javascript.ast.AstRoot;
import org.mozilla.javascript.ast.BigIntLiteral;
import org.mozilla.javascript.ast.NodeVisitor;

/**
 * A compiled script. Each call runs it from its first line in a scope of its own, so that nothing
 * is carried from one call to the next; it may be called by several threads at once.
 */
public final class Script {
  /** Characters of a script. */
  public static final int LONGEST = 1 << 18;

  /** The engine takes constants of several blocks for one and the same; variables it does not. */
  private static final Pattern CONSTANT =
      Pattern.compile("(?m)((?:^|[;{}()]|\\belse\\b)[ \\t]*)const(?=[ \\t]*[\\[{ \\t])");

  private final org.mozilla.javascript.Script compiled;
  private final Set<String> functions;

  private Script(org.mozilla.javascript.Script compiled, Set<String> functions) {
    this.compiled = compiled;
    this.functions = functions;
  }

  /**
   * @throws ScriptException with the line that cannot be compiled, or fails when it is run
   */
  public static Script compile(String source) throws ScriptException {
    if (source.length() > LONGEST) {
      throw new ScriptException(0, "a script has at most " + LONGEST + " characters", false);
    }
    return Engine.run(
        0,
        (run, scope) -> {
          run.unbounded();
          String understood = CONSTANT.matcher(source).replaceAll("$1let  ");
          bigIntegers(run, understood);
          org.mozilla.javascript.Script compiled = run.compileString(understood, "script", 1, null);
          run.bounded();
          compiled.exec(run, scope, scope);
          Set<String> functions = new TreeSet<>();
          for (Object id : scope.getIds()) {
            if (id instanceof String name && scope.get(name, scope) instanceof Function) {
              functions.add(name);
            }
          }
          return new Script(compiled, functions);
        });
  }

  /** Their operators work without a bound. */
  private static void bigIntegers(Context context, String source) throws ScriptException {
    CompilerEnvirons environment = new CompilerEnvirons();
    environment.initFromContext(context);
    AstRoot root = new Parser(environment, environment.getErrorReporter()).parse(source, "", 1);
    int[] line = new int[1];
    NodeVisitor visitor =
        node -> {
          if (node instanceof BigIntLiteral) {
            line[0] = Math.max(1, node.getLineno());
          }
          return line[0] == 0;
        };
    root.visit(visitor);
    if (line[0] > 0) {
      throw new ScriptException(line[0], "integers of any size (1n) are not accepted", false);
    }
  }

  /** Functions that it defines. */
  public Set<String> functions() {
    return functions;
  }

  /**
   * Calls a function.
   *
   * @param now what the script takes for the present
   * @param arguments texts, numbers, booleans, octets, instants, and lists and maps of these
   * @return what it gave as far as JSON can carry it; missing when it gave nothing
   * @throws ScriptException when it throws, or takes too much
   */
  public JsonNode call(String function, Instant now, Object... arguments) throws ScriptException {
    return Engine.run(
        (double) now.toEpochMilli(),
        (run, scope) -> {
          compiled.exec(run, scope, scope);
          if (!(scope.get(function, scope) instanceof Function callable)) {
            throw new ScriptException(0, "it has no function " + function, false);
          }
          Object[] given = new Object[arguments.length];
          for (int i = 0; i < given.length; i++) {
            given[i] = Values.script(run, scope, arguments[i]);
          }
          Object result = callable.call(run, scope, scope, given);
          return Values.json(run, result);
        });
  }
}
