package io.patchbay.profile;

import io.patchbay.thing.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How a property is computed from others of the same frame: numbers, {@code {names}}, {@code + - *
 * / % ^}, comparisons and {@code && || !} (1 for true, 0 for false), {@code a ? b : c}, and a few
 * functions. It has no loops and no memory, so that its cost is bounded by its length.
 */
public final class Formula {
  private static final int LONGEST = 500;
  private static final int DEEPEST = 32;
  private static final MathContext DIGITS = new MathContext(12);
  private static final String FUNCTIONS =
      "abs, sqrt, ln, log10, exp, floor, ceil, round, min, max, sin, cos, atan2";

  /** One place of the formula, ready to be computed. */
  private interface Term extends ToDoubleFunction<Map<String, Double>> {}

  private final String text;
  private final Set<String> names = new LinkedHashSet<>();
  private final Term term;
  private int at;
  private int depth;

  private Formula(String text) {
    this.text = text;
    if (text.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a formula has at most " + LONGEST + " characters, not " + text.length());
    }
    term = choice();
    if (peek() != 0) {
      throw wrong("expected an operator or the end");
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException("the formula '" + text + "' names no property: {name}");
    }
  }

  /**
   * @throws IllegalArgumentException saying what is wrong and where
   */
  public static Formula of(String text) {
    return new Formula(text);
  }

  /** The properties it needs. */
  public Set<String> names() {
    return Set.copyOf(names);
  }

  /** Empty when a value is missing or the result is no finite number. */
  public Optional<Double> compute(Map<String, Double> values) {
    if (!values.keySet().containsAll(names)) {
      return Optional.empty();
    }
    double result = term.applyAsDouble(values);
    return Double.isFinite(result) ? Optional.of(result) : Optional.empty();
  }

  /** A value as a formula sees it: 1 and 0 for true and false; null when it is no number. */
  public static @Nullable Double number(Value value) {
    if (value instanceof Value.Num number) {
      return number.value();
    } else if (value instanceof Value.Int integer) {
      return (double) integer.value();
    }
    return value instanceof Value.Bool bool ? truth(bool.value()) : null;
  }

  /** A finite result as a value of the model, without the last digits that binary makes up. */
  public static Value value(DataSchema.Type type, double result) {
    return type == DataSchema.Type.BOOLEAN
        ? new Value.Bool(result != 0)
        : new Value.Num(new BigDecimal(result).round(DIGITS).doubleValue());
  }

  private Term choice() {
    if (++depth > DEEPEST) {
      throw wrong("nested deeper than " + DEEPEST + " levels");
    }
    Term test = binary(0);
    if (take("?")) {
      Term yes = choice();
      if (!take(":")) {
        throw wrong("expected ':'");
      }
      Term no = choice();
      Term condition = test;
      test =
          values ->
              condition.applyAsDouble(values) != 0
                  ? yes.applyAsDouble(values)
                  : no.applyAsDouble(values);
    }
    depth--;
    return test;
  }

  private static final List<List<String>> LEVELS =
      List.of(
          List.of("||"),
          List.of("&&"),
          List.of("==", "!=", "<=", ">=", "<", ">"),
          List.of("+", "-"),
          List.of("*", "/", "%"));

  private Term binary(int level) {
    if (level == LEVELS.size()) {
      return power();
    }
    Term left = binary(level + 1);
    for (String sign = sign(level); sign != null; sign = sign(level)) {
      left = joined(sign, left, binary(level + 1));
    }
    return left;
  }

  private @Nullable String sign(int level) {
    return LEVELS.get(level).stream().filter(this::take).findFirst().orElse(null);
  }

  private static Term joined(String sign, Term a, Term b) {
    return switch (sign) {
      case "||" -> v -> truth(a.applyAsDouble(v) != 0 || b.applyAsDouble(v) != 0);
      case "&&" -> v -> truth(a.applyAsDouble(v) != 0 && b.applyAsDouble(v) != 0);
      case "==" -> v -> truth(a.applyAsDouble(v) == b.applyAsDouble(v));
      case "!=" -> v -> truth(a.applyAsDouble(v) != b.applyAsDouble(v));
      case "<=" -> v -> truth(a.applyAsDouble(v) <= b.applyAsDouble(v));
      case ">=" -> v -> truth(a.applyAsDouble(v) >= b.applyAsDouble(v));
      case "<" -> v -> truth(a.applyAsDouble(v) < b.applyAsDouble(v));
      case ">" -> v -> truth(a.applyAsDouble(v) > b.applyAsDouble(v));
      case "+" -> v -> a.applyAsDouble(v) + b.applyAsDouble(v);
      case "-" -> v -> a.applyAsDouble(v) - b.applyAsDouble(v);
      case "*" -> v -> a.applyAsDouble(v) * b.applyAsDouble(v);
      case "/" -> v -> a.applyAsDouble(v) / b.applyAsDouble(v);
      default -> v -> a.applyAsDouble(v) % b.applyAsDouble(v);
    };
  }

  private static double truth(boolean holds) {
    return holds ? 1 : 0;
  }

  private Term power() {
    boolean minus = take("-");
    boolean not = !minus && take("!");
    if (minus || not) {
      if (++depth > DEEPEST) {
        throw wrong("nested deeper than " + DEEPEST + " levels");
      }
      Term inner = power();
      depth--;
      return minus ? v -> -inner.applyAsDouble(v) : v -> truth(inner.applyAsDouble(v) == 0);
    }
    Term base = primary();
    if (take("^")) {
      if (++depth > DEEPEST) {
        throw wrong("nested deeper than " + DEEPEST + " levels");
      }
      Term exponent = power();
      depth--;
      return v -> Math.pow(base.applyAsDouble(v), exponent.applyAsDouble(v));
    }
    return base;
  }

  private Term primary() {
    char c = peek();
    if (c == '(') {
      at++;
      Term inner = choice();
      close();
      return inner;
    } else if (c == '{') {
      int to = text.indexOf('}', at);
      if (to < 0 || to == at + 1) {
        throw wrong("expected {name}");
      }
      String name = text.substring(at + 1, to);
      names.add(name);
      at = to + 1;
      return values -> values.getOrDefault(name, Double.NaN);
    } else if (Character.isDigit(c) || c == '.') {
      return number();
    } else if (Character.isLetter(c)) {
      return function();
    }
    throw wrong("expected a number, {name}, a function or '('");
  }

  private Term number() {
    int from = at;
    while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
      at++;
    }
    try {
      double number = Double.parseDouble(text.substring(from, at));
      return values -> number;
    } catch (NumberFormatException e) {
      at = from;
      throw wrong("'" + text.substring(from) + "' begins with no number");
    }
  }

  private Term function() {
    int from = at;
    while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      at++;
    }
    String name = text.substring(from, at).toLowerCase(Locale.ROOT);
    if (peek() != '(') {
      at = from;
      throw wrong("expected a function (" + FUNCTIONS + ") or {" + name + "}");
    }
    at++;
    List<Term> given = new ArrayList<>();
    do {
      given.add(choice());
    } while (take(","));
    close();
    return given.size() == 1 ? one(name, given.get(0)) : two(name, given);
  }

  private Term one(String name, Term a) {
    return switch (name) {
      case "abs" -> v -> Math.abs(a.applyAsDouble(v));
      case "sqrt" -> v -> Math.sqrt(a.applyAsDouble(v));
      case "ln" -> v -> Math.log(a.applyAsDouble(v));
      case "log10" -> v -> Math.log10(a.applyAsDouble(v));
      case "exp" -> v -> Math.exp(a.applyAsDouble(v));
      case "floor" -> v -> Math.floor(a.applyAsDouble(v));
      case "ceil" -> v -> Math.ceil(a.applyAsDouble(v));
      case "round" -> v -> Math.rint(a.applyAsDouble(v));
      case "sin" -> v -> Math.sin(a.applyAsDouble(v));
      case "cos" -> v -> Math.cos(a.applyAsDouble(v));
      default -> throw wrong("no function '" + name + "' of one value; accepted: " + FUNCTIONS);
    };
  }

  private Term two(String name, List<Term> given) {
    Term a = given.get(0);
    Term b = given.get(1);
    if (given.size() == 2) {
      switch (name) {
        case "min" -> {
          return v -> Math.min(a.applyAsDouble(v), b.applyAsDouble(v));
        }
        case "max" -> {
          return v -> Math.max(a.applyAsDouble(v), b.applyAsDouble(v));
        }
        case "atan2" -> {
          return v -> Math.atan2(a.applyAsDouble(v), b.applyAsDouble(v));
        }
        case "round" -> {
          return v -> {
            double shift = Math.pow(10, Math.rint(b.applyAsDouble(v)));
            return Math.rint(a.applyAsDouble(v) * shift) / shift;
          };
        }
        default -> {
          // said below
        }
      }
    }
    throw wrong(
        "no function '" + name + "' of " + given.size() + " values; accepted: " + FUNCTIONS);
  }

  private void close() {
    if (!take(")")) {
      throw wrong("expected ')'");
    }
  }

  /** The next character that is no space; 0 at the end. */
  private char peek() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean take(String sign) {
    peek();
    boolean there = text.startsWith(sign, at);
    at += there ? sign.length() : 0;
    return there;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(
        "formula '" + text + "', character " + (at + 1) + ": " + what);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Formula that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
