package io.patchbay.camel.hub;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;

/** Lets an exchange end when a stage does, on the thread that completes the stage. */
final class Stages {
  private Stages() {}

  static <T> void complete(
      CompletionStage<T> stage, Exchange exchange, AsyncCallback callback, Consumer<T> result) {
    // What comes back is the same stage, ended: nobody waits for it.
    var unused =
        stage.whenComplete(
            (value, failure) -> {
              if (failure == null) {
                result.accept(value);
              } else {
                exchange.setException(cause(failure));
              }
              callback.done(false);
            });
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
