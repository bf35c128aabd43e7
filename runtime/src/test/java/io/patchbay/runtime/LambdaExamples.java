package io.patchbay.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Every way in which javac makes a lambda or concatenates. */
public final class LambdaExamples extends ArrayList<String> {
  private static final long serialVersionUID = 1;

  private final long base;

  private LambdaExamples(long base) {
    this.base = base;
  }

  /** What each of them gives. */
  public static List<Object> results() throws Exception {
    LambdaExamples self = new LambdaExamples(40);
    List<Object> results = new ArrayList<>();
    self.captured(results);
    self.references(results);
    converted(results);
    concatenated(results, 'c', null);
    return results;
  }

  private void captured(List<Object> results) throws Exception {
    byte small = 1;
    double wide = 2.5;
    long far = 1L << 40;
    char letter = 'x';
    Callable<String> all = () -> "" + small + wide + far + letter + base;
    results.add(all.call());
    DoubleUnaryOperator sum = more -> more + wide + far;
    results.add(sum.applyAsDouble(0.25));
    Supplier<Supplier<String>> nested = () -> () -> letter + "!" + size();
    results.add(nested.get().get());
    Supplier<String> none = () -> "constant";
    results.add(none.get());
  }

  private void references(List<Object> results) {
    Supplier<Integer> inherited = super::size;
    Supplier<Long> hidden = this::secret;
    Function<LambdaExamples, Long> unbound = LambdaExamples::secret;
    Function<Integer, List<String>> constructor = ArrayList::new;
    IntFunction<String[]> array = String[]::new;
    Function<Map<String, Long>, Object> face = Map::size;
    BiFunction<String, Object[], String> many = String::format;
    Function<Object, String> text = String::valueOf;
    Runnable ignored = this::secret;
    Supplier<LambdaExamples> made = () -> new LambdaExamples(1);
    Supplier<String> first = List.of("generic").iterator()::next;
    results.add(inherited.get());
    results.add(hidden.get());
    results.add(unbound.apply(this));
    results.add(constructor.apply(3));
    results.add(array.apply(2).length);
    results.add(face.apply(new TreeMap<>(Map.of("a", 1L))));
    results.add(many.apply("%s-%s", new Object[] {1, "b"}));
    results.add(text.apply(7));
    ignored.run();
    results.add(base);
    results.add(made.get().base);
    results.add(first.get());
  }

  private static void converted(List<Object> results) {
    Function<Integer, Long> boxed = LambdaExamples::widened;
    ToLongFunction<Integer> unboxed = Integer::intValue;
    ToDoubleFunction<Long> wider = Long::intValue;
    LongSupplier fromInt = List.of(1, 2)::size;
    IntSupplier fromBox = Integer.valueOf(9)::intValue;
    Supplier<Object> asObject = "text"::length;
    Function<String, Integer> parsed = Integer::parseInt;
    results.add(boxed.apply(4));
    results.add(unboxed.applyAsLong(5));
    results.add(wider.applyAsDouble(6L));
    results.add(fromInt.getAsLong());
    results.add(fromBox.getAsInt());
    results.add(asObject.get());
    results.add(parsed.apply("12"));
  }

  private static void concatenated(List<Object> results, char letter, @Nullable Object nothing) {
    short small = 3;
    float part = 0.5f;
    boolean yes = true;
    results.add(letter + small + "=" + part + yes + nothing + 1L + 2.0 + "end");
  }

  private static long widened(long value) {
    return value + 1;
  }

  private long secret() {
    return base + 2;
  }
}
