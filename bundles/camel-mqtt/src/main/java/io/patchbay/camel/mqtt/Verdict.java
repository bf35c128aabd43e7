package io.patchbay.camel.mqtt;

import java.time.Duration;

/** What a consumer says of a message when it is done with it. */
sealed interface Verdict {
  Verdict TAKEN = new Taken();
  Verdict FAILED = new Failed();

  /** The broker may forget it. */
  record Taken() implements Verdict {}

  /** Not taken for want of room; offer it again after this time. */
  record Later(Duration after) implements Verdict {}

  /** Not taken because something went wrong; offer it again, ever more slowly. */
  record Failed() implements Verdict {}
}
