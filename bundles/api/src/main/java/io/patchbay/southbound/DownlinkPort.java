package io.patchbay.southbound;

import java.util.concurrent.CompletionStage;

/**
 * The way down, a service with the property {@link #SCHEME}. One is registered by each {@code
 * hub:downlink?scheme=} consumer while its route runs.
 */
public interface DownlinkPort {
  /** Service property: the protocol it serves. */
  String SCHEME = "patchbay.scheme";

  /**
   * Sends one request. Must not block; the stage completes at the command's deadline at the latest,
   * and fails only on a bug.
   */
  CompletionStage<Answer> send(Request request);
}
