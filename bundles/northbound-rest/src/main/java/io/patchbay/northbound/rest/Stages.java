package io.patchbay.northbound.rest;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits, bounded, for what the rooms promise. */
final class Stages {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Stages() {}

  static <T> T get(CompletionStage<T> stage) throws IOException, RefusedException {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw Problem.of(
              503, "not done within " + PATIENCE.toSeconds() + " s; it may still be done later")
          .with("Retry-After", "5");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(503, "the hub is stopping");
    } catch (ExecutionException e) {
      Throwable cause =
          e.getCause() instanceof CompletionException outer ? outer.getCause() : e.getCause();
      if (cause instanceof RefusedException refused) {
        throw refused;
      } else if (cause instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(cause);
    }
  }
}
