package io.patchbay.camel.mqtt;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The named connections, a service of this bundle. What a binding asks of them outlives it. */
public interface MqttConnections {
  /**
   * How a named connection fares.
   *
   * @param detail for a person; never empty
   */
  record Status(String connection, Phase phase, String detail) {}

  /** Whether a connection can be used. */
  enum Phase {
    UP,
    DOWN,
    /** It is not configured any more. */
    GONE
  }

  /**
   * Told of every named connection now and of every change, one call at a time, until closed. Must
   * not block.
   */
  Watch watch(Consumer<Status> watcher);

  /**
   * What the session of a named connection listens to from now on, in place of what it listened to
   * before. Filters that others cover are left out.
   *
   * @param filters MQTT topic filters (MQTT 5.0, clause 4.7), each with the quality of service with
   *     which messages come at least, 0 or 1; none is accepted. With 0 the broker need not keep
   *     what comes while the hub is away.
   * @return completes when the broker has acknowledged all of it, after a reconnect if need be;
   *     fails with an IllegalArgumentException for a filter that is not one, and when the broker
   *     refuses or the connection is removed first
   */
  CompletionStage<Void> subscribe(String connection, Map<String, Integer> filters);

  /** Ends a {@link #watch}. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }
}
