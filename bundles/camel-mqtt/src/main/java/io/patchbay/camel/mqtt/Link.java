package io.patchbay.camel.mqtt;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * One network connection, with a Paho client of its own. Acknowledgements go through the link that
 * brought the message: after a reconnect the same packet id can mean another message.
 */
final class Link {
  /** Told on Paho's threads; must not block. */
  interface Events {
    /** Connected; no message of this link has been told before. */
    void opened(Link link, boolean sessionPresent, int receiveMaximum);

    void arrived(Link link, String topic, MqttMessage message);

    /** A publication that an earlier link sent first. */
    void landed(int packetId, @Nullable Exception refused);

    /**
     * Could not connect, or lost the connection; told once.
     *
     * @param code the broker's reason code (MQTT 5.0, clause 2.4), 0 when it gave none
     */
    void lost(Link link, int code, String why);
  }

  private static final int FIRST_FAILURE_CODE = 0x80;

  /** Reason codes of MQTT end here; Paho's own begin at 32,000. */
  private static final int LAST_CODE = 0xFF;

  private final MqttAsyncClient client;
  private final LinkThreads threads;
  private final BufferedSockets sockets;
  private final MqttConnectionOptions options;
  private final Events events;
  private final AtomicBoolean cut = new AtomicBoolean();
  private boolean over;

  Link(ConnectionSettings settings, boolean first, Flights flights, Events events)
      throws MqttException {
    this.events = events;
    threads = new LinkThreads("patchbay-mqtt-" + settings.name());
    options = settings.attempt(first);
    sockets = new BufferedSockets();
    SocketFactory chosen = options.getSocketFactory();
    if (chosen == null && settings.uri().getScheme().equals("tcp")) {
      options.setSocketFactory(sockets);
    } else if (chosen instanceof SSLSocketFactory secure) {
      options.setSocketFactory(sockets.over(secure));
    } else if (chosen == null && options.getSSLProperties() == null) {
      options.setSocketFactory(sockets.over((SSLSocketFactory) SSLSocketFactory.getDefault()));
    }
    client =
        new MqttAsyncClient(
            settings.uri().toString(), settings.clientId(), flights, null, threads.executor());
    client.setManualAcks(true);
    client.setCallback(callback());
  }

  private MqttCallback callback() {
    return new MqttCallback() {
      @Override
      public void disconnected(MqttDisconnectResponse response) {
        MqttException cause = response.getException();
        String reason = response.getReasonString();
        int code = cause == null ? response.getReturnCode() : code(cause);
        lost(code, reason != null ? reason : cause != null ? words(cause) : "closed by the broker");
      }

      @Override
      public void mqttErrorOccurred(MqttException exception) {
        // what matters follows as a disconnect
      }

      @Override
      public void messageArrived(String topic, MqttMessage message) {
        if (usable()) {
          events.arrived(Link.this, topic, message);
        }
      }

      @Override
      public void deliveryComplete(IMqttToken token) {
        if (token.getUserContext() == null && token.getResponse() != null) {
          events.landed(token.getResponse().getMessageId(), refusal(token));
        }
      }

      @Override
      public void connectComplete(boolean reconnect, String serverUri) {
        threads.rename();
      }

      @Override
      public void authPacketArrived(int reasonCode, MqttProperties properties) {
        // enhanced authentication is never asked for
      }
    };
  }

  /** Begins to connect; {@link Events} tell how it ends. */
  void open() {
    try {
      client.connect(
          options,
          this,
          new MqttActionListener() {
            @Override
            public void onSuccess(IMqttToken token) {
              MqttProperties given = token.getResponseProperties();
              Integer maximum = given == null ? null : given.getReceiveMaximum();
              events.opened(
                  Link.this, token.getSessionPresent(), maximum == null ? 65_535 : maximum);
            }

            @Override
            public void onFailure(IMqttToken token, Throwable cause) {
              lost(code(cause), words(cause));
            }
          });
    } catch (MqttException e) {
      lost(code(e), words(e));
    }
  }

  private void lost(int code, String why) {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    events.lost(this, code, why);
  }

  private synchronized boolean usable() {
    return !over;
  }

  /** Acknowledges (MQTT 5.0, clause 3.4); nothing once the link is over. */
  void acknowledge(int packetId) {
    if (usable()) {
      try {
        client.messageArrivedComplete(packetId, 1);
      } catch (MqttException | RuntimeException e) {
        // Paho fails in both ways while it loses the connection; the broker delivers again then
        boolean unused = kill();
      }
    }
  }

  /**
   * Sends.
   *
   * @throws MqttException when Paho does not take it
   */
  void publish(Publication publication, MqttActionListener listener) throws MqttException {
    client.publish(publication.topic, publication.message, publication, listener);
  }

  /** One filter; completes with what the broker granted, or fails with its refusal. */
  CompletionStage<Void> subscribe(String filter, int qos, int identifier) {
    MqttSubscription subscription = new MqttSubscription(filter, qos);
    // 1: a retained message comes when the subscription is new, not when it is renewed
    subscription.setRetainHandling(1);
    subscription.setRetainAsPublished(false);
    MqttProperties properties = new MqttProperties();
    if (identifier > 0) {
      properties.setSubscriptionIdentifier(identifier);
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      client.subscribe(new MqttSubscription[] {subscription}, null, completing(done), properties);
    } catch (MqttException | RuntimeException e) {
      done.completeExceptionally(e);
    }
    return done;
  }

  CompletionStage<Void> unsubscribe(List<String> filters) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      client.unsubscribe(
          filters.toArray(String[]::new), null, completing(done), new MqttProperties());
    } catch (MqttException | RuntimeException e) {
      done.completeExceptionally(e);
    }
    return done;
  }

  private static MqttActionListener completing(CompletableFuture<Void> done) {
    return new MqttActionListener() {
      @Override
      public void onSuccess(IMqttToken token) {
        Exception refused = refusal(token);
        if (refused == null) {
          done.complete(null);
        } else {
          done.completeExceptionally(refused);
        }
      }

      @Override
      public void onFailure(IMqttToken token, Throwable cause) {
        done.completeExceptionally(cause);
      }
    };
  }

  /** Why the broker refused; null when it did not. Paho tells a refusal as a success. */
  static @Nullable MqttRefusedException refusal(IMqttToken token) {
    int[] codes = token.getReasonCodes();
    if (codes != null) {
      for (int code : codes) {
        if (code >= FIRST_FAILURE_CODE) {
          return new MqttRefusedException(code);
        }
      }
    }
    return null;
  }

  private static int code(Throwable cause) {
    return cause instanceof MqttException mqtt
            && mqtt.getReasonCode() >= FIRST_FAILURE_CODE
            && mqtt.getReasonCode() <= LAST_CODE
        ? mqtt.getReasonCode()
        : 0;
  }

  private static String words(Throwable cause) {
    Throwable innermost = cause;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = innermost.getMessage();
    return message == null ? innermost.getClass().getSimpleName() : message;
  }

  /**
   * Cuts the connection; the session stays.
   *
   * @return whether it was not cut before
   */
  boolean kill() {
    sockets.close();
    return !cut.getAndSet(true);
  }

  /** Frees what it holds; call when it is lost. */
  void dispose() {
    synchronized (this) {
      over = true;
    }
    sockets.close();
    threads.close();
  }

  /**
   * Says good-bye after everything handed over before, acknowledgements included.
   *
   * @param keepSession whether the broker keeps the session
   * @param patience milliseconds
   */
  void close(boolean keepSession, long patience) {
    synchronized (this) {
      over = true;
    }
    try {
      MqttProperties properties = new MqttProperties();
      if (!keepSession) {
        properties.setSessionExpiryInterval(0L);
      }
      client.disconnect(0, null, null, 0, properties).waitForCompletion(patience);
    } catch (MqttException | RuntimeException e) {
      // it was not connected any more: the same end
    } finally {
      dispose();
    }
  }
}
