package io.patchbay.profiles.javascript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class HostileScriptTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  /** A call takes some 20 ms at most; this is for a machine that does other things besides. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final byte[] FRAME = {1, 2, (byte) 200};

  private static String call(String body) throws ScriptException {
    return Script.compile("function f(b) {\n" + body + "\n}").call("f", NOW, FRAME).toString();
  }

  @TestFactory
  Stream<DynamicTest> whatTakesTooMuchIsEnded() {
    return Stream.of(
            Map.entry("endless loop", "for(;;);"),
            Map.entry(
                "endless loop that catches",
                "while(true){try{for(;;);}catch(e){}finally{continue;}}"),
            Map.entry("endless loop of calls alone", "return f(b)"),
            Map.entry(
                "endless calls through an iterator",
                "var it={};it[Symbol.iterator]=function(){return {next:function(){return {done:false}}}};return [...it]"),
            Map.entry("text doubled", "var s='x';for(;;)s+=s;"),
            Map.entry("text repeated", "return 'x'.repeat(1e9)"),
            Map.entry(
                "text repeated by an object",
                "return 'x'.repeat({valueOf:function(){return 1e9}})"),
            Map.entry("text padded", "return 'x'.padStart(1e9)"),
            Map.entry("list of thousands of millions", "return new Array(1e9).fill(1)"),
            Map.entry("list joined", "return new Array(4294967295).join('x')"),
            Map.entry("list as text", "return ''+new Array(4294967295)"),
            Map.entry("list spread", "return [...new Array(4294967295)]"),
            Map.entry("list of arguments", "return Math.max.apply(null,{length:4294967295})"),
            Map.entry(
                "what looks like a list",
                "return Array.prototype.indexOf.call({length:9007199254740991},1)"),
            Map.entry("lists kept", "var a=[];for(;;)a.push(new Array(1000).fill(7))"),
            Map.entry("texts kept", "var s='x'.repeat(200000);var a=[];for(;;)a.push(s.split(''))"),
            Map.entry("buffer", "return new Uint8Array(2e9).length"),
            Map.entry(
                "buffer by its constructor",
                "return new (new Uint8Array(1).constructor)(2e9).length"),
            Map.entry(
                "buffer of an object",
                "return new ArrayBuffer({valueOf:function(){return 2e9}}).byteLength"),
            Map.entry("set of a list", "return new Set(new Array(4294967295)).size"),
            Map.entry(
                "regular expression that backtracks",
                "return /^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')"),
            Map.entry(
                "regular expression that backtracks far",
                "return 'x'.repeat(200000).match(/(x*)*y/)"),
            Map.entry(
                "regular expression of brackets",
                "return new RegExp('('.repeat(100000)+')'.repeat(100000)).test('x')"),
            Map.entry("texts compared", "var s='a'.repeat(130000);return (s+'b').indexOf(s+'c')"),
            Map.entry(
                "texts sorted",
                "var a=[];var s='x'.repeat(100000);for(var i=0;i<1000;i++)a.push(s+i);return a.sort().length"),
            Map.entry("recursion in depth", "return 1+f(b)"),
            Map.entry(
                "recursion through toString",
                "var o={toString:function(){return ''+o}};return ''+o"),
            Map.entry("recursion through map", "function g(){return [1,2].map(g)} return g()"),
            Map.entry("recursion through a getter", "var o={get x(){return o.x}};return o.x"),
            Map.entry("replacements", "var s='x'.repeat(100000);return s.replace(/x/g,s).length"),
            Map.entry(
                "replacements by a function",
                "var s='x'.repeat(200000);return s.replace(/x/g,function(){return s}).length"),
            Map.entry(
                "texts joined",
                "var s='x'.repeat(200000);return new Array(10000).fill(s).join('').length"),
            Map.entry(
                "objects joined",
                "var s='x'.repeat(200000);var o={toString:function(){return s}};return new Array(10000).fill(o).join('').length"),
            Map.entry(
                "objects concatenated",
                "var s='x'.repeat(200000);var o={toString:function(){return s}};return ''.concat.apply('',new Array(10000).fill(o)).length"),
            Map.entry(
                "JSON of what contains itself many times",
                "var a=[1];for(var i=0;i<40;i++)a=[a,a];return JSON.stringify(a).length"),
            Map.entry(
                "result that contains itself many times",
                "var a=[1];for(var i=0;i<30;i++)a=[a,a];return a"),
            Map.entry("result within itself", "var a={};a.a=a;return a"),
            Map.entry("sparse result", "var a=[];a[4294967294]=1;return a"),
            Map.entry("result with a getter", "return {get x(){for(;;);}}"),
            Map.entry(
                "result with a value",
                "var n=new Number(3);n.valueOf=function(){for(;;);};return n"))
        .map(
            hostile ->
                DynamicTest.dynamicTest(
                    hostile.getKey(),
                    () -> {
                      long before = System.nanoTime();
                      ScriptException why =
                          Objects.requireNonNull(
                              catchThrowableOfType(
                                  ScriptException.class, () -> call(hostile.getValue())),
                              "not ended");
                      assertThat(why.overrun()).as(why.detail()).isTrue();
                      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(PATIENCE);
                      stillWorks();
                    }));
  }

  @TestFactory
  Stream<DynamicTest> whatReachesForWhatIsNotItsOwnFails() {
    return Stream.of(
            Map.entry("java", "return java.lang.System.exit(1)"),
            Map.entry("Packages", "return Packages.java.lang.System"),
            Map.entry(
                "the constructor of a constructor",
                "return ''.constructor.constructor('return 1')()"),
            Map.entry(
                "the constructor of a function", "return (()=>1).constructor('return this')()"),
            Map.entry(
                "the constructor of a generator",
                "return (function*(){}).constructor('return 1')()"),
            Map.entry("Function", "return new Function('return 1')()"),
            Map.entry("eval", "return eval('1')"),
            Map.entry("getClass of this", "return this.getClass()"),
            Map.entry("getClass of a list", "return b.getClass()"),
            Map.entry("JavaAdapter", "return new JavaAdapter(java.lang.Runnable, {})"),
            Map.entry("JavaImporter", "return new JavaImporter()"),
            Map.entry("importPackage", "return importPackage(java.util)"),
            Map.entry("importClass", "return importClass(java.util.List)"),
            Map.entry("load", "return load('file:/etc/passwd')"),
            Map.entry("Continuation", "return new Continuation()"),
            Map.entry("Proxy", "return new Proxy({}, {})"),
            Map.entry("Reflect", "return Reflect.ownKeys({})"),
            Map.entry("__parent__", "return __parent__.x"),
            Map.entry("javaException", "try{null.x}catch(e){return e.javaException.getClass()}"),
            Map.entry(
                "rhinoException", "try{undefinedName}catch(e){return e.rhinoException.getClass()}"),
            Map.entry("Math.random", "return Math.random()"),
            Map.entry("the prototype of objects", "Object.prototype.x=1;return 1"),
            Map.entry(
                "the prototype of lists", "Array.prototype.map=function(){return 1};return 1"),
            Map.entry(
                "the prototype of lists, defined",
                "Object.defineProperty(Array.prototype,'q',{value:1});return 1"),
            Map.entry(
                "the prototype of objects, frozen", "Object.freeze(Object.prototype);return 1"),
            Map.entry(
                "the prototype of lists, replaced",
                "Object.setPrototypeOf(Array.prototype,{});return 1"),
            Map.entry("the prototype of lists, emptied", "delete Array.prototype.map;return 1"),
            Map.entry(
                "the prototype of iterators",
                "Object.getPrototypeOf([][Symbol.iterator]()).next=1;return 1"),
            Map.entry("the prototype by __proto__", "({}).__proto__.x=1;return 1"),
            Map.entry("Math", "Math.PI=3;return 1"),
            Map.entry("a function of Math", "Math.max.x=1;return 1"),
            Map.entry("RegExp", "RegExp.x=1;return 1"),
            Map.entry("console", "console.log=1;return 1"),
            Map.entry(
                "a length that changes",
                "return Array.prototype.indexOf.call({get length(){return 9007199254740991}},1)"))
        .map(
            hostile ->
                DynamicTest.dynamicTest(
                    hostile.getKey(),
                    () -> {
                      assertThatThrownBy(() -> call(hostile.getValue()))
                          .isInstanceOfSatisfying(
                              ScriptException.class,
                              e -> assertThat(e.line()).as(e.detail()).isEqualTo(2));
                      stillWorks();
                    }));
  }

  private static void stillWorks() throws ScriptException {
    assertThat(
            call(
                "return [[3,1,2].sort().join('-'), b.map(x => x * 2), typeof ({}).x, Math.PI > 3.1]"))
        .isEqualTo("[\"1-2-3\",[2,4,400],\"undefined\",true]");
  }

  @Test
  void nothingStaysFromOneCallToTheNext() throws ScriptException {
    Script script =
        Script.compile(
            """
            var n = 0;
            var table = { a: 1 };
            function f(b) {
              n++; this.k = (this.k || 0) + 1; leaked = typeof leaked == 'undefined' ? 1 : leaked + 1;
              table.a++; f.calls = (f.calls || 0) + 1; /(.)/.exec('x');
              return [n, this.k, leaked, table.a, f.calls];
            }
            function g() { return [typeof leaked, typeof f.calls, typeof RegExp.$1]; }
            """);
    for (int i = 0; i < 3; i++) {
      assertThat(script.call("f", NOW, FRAME)).hasToString("[1,1,1,2,1]");
      assertThat(script.call("g", NOW)).hasToString("[\"undefined\",\"undefined\",\"undefined\"]");
    }
  }

  @Test
  void theSameFrameGivesTheSameWheneverItIsRead() throws ScriptException {
    assertThat(
            call("return [Date.now(), new Date().toISOString(), new Date(2020, 0, 1).getTime()]"))
        .isEqualTo("[1795348800000,\"2026-11-22T12:00:00.000Z\",1577836800000]");
  }

  @Test
  void severalThreadsUseOneScript() throws Exception {
    Script script =
        Script.compile(
            "function f(n) { var s = 0; for (var i = 0; i < n; i++) s += i; return s; }");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<String>> calls =
          IntStream.range(0, 400)
              .<Callable<String>>mapToObj(n -> () -> script.call("f", NOW, n).toString())
              .toList();
      int n = 0;
      for (Future<String> result : threads.invokeAll(calls)) {
        assertThat(result.get()).isEqualTo(String.valueOf((long) n * (n - 1) / 2));
        n++;
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void anOverrunTellsNothingToOthersThatRunMeanwhile() throws Exception {
    Script endless = Script.compile("function f() { for (;;); }");
    Script good = Script.compile("function f() { return 7; }");
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<?> running =
          threads.submit(
              () -> {
                for (int i = 0; i < 20; i++) {
                  assertThatThrownBy(() -> endless.call("f", NOW)).hasMessageContaining("steps");
                }
              });
      while (!running.isDone()) {
        assertThat(good.call("f", NOW)).hasToString("7");
      }
      running.get();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aScriptThatCannotBeCompiledSaysItsLine() {
    assertThatThrownBy(() -> Script.compile("function f() {\n  return {;\n}"))
        .isInstanceOfSatisfying(ScriptException.class, e -> assertThat(e.line()).isEqualTo(3));
    assertThatThrownBy(() -> Script.compile("var a = 1;\nvar b = 2n ** 100n;"))
        .hasMessageContaining("1n")
        .isInstanceOfSatisfying(ScriptException.class, e -> assertThat(e.line()).isEqualTo(2));
    assertThatThrownBy(() -> Script.compile("for (;;);\nfunction f() {}"))
        .isInstanceOfSatisfying(
            ScriptException.class, e -> assertThat(e.overrun()).as(e.detail()).isTrue());
    assertThatThrownBy(() -> Script.compile("x".repeat(Script.LONGEST + 1)))
        .hasMessageContaining("characters");
    assertThatThrownBy(
            () -> Script.compile("var a = " + "(".repeat(50_000) + "1" + ")".repeat(50_000)))
        .isInstanceOf(ScriptException.class);
  }
}
