package io.patchbay.camel.mqtt;

import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_CONNACK;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_DISCONNECT;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PINGRESP;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBACK;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBCOMP;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBLISH;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBREC;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_PUBREL;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_SUBACK;
import static org.eclipse.paho.mqttv5.common.packet.MqttWireMessage.MESSAGE_TYPE_UNSUBACK;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttConnAck;
import org.eclipse.paho.mqttv5.common.packet.MqttConnect;
import org.eclipse.paho.mqttv5.common.packet.MqttDisconnect;
import org.eclipse.paho.mqttv5.common.packet.MqttPingReq;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttSubscribe;
import org.eclipse.paho.mqttv5.common.packet.MqttUnsubscribe;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;

/**
 * One network connection, on two threads: one reads and tells, one writes what has come together
 * meanwhile. Acknowledgements go through the link that brought the message: after a reconnect the
 * same packet id can mean another message.
 *
 * <p>Nobody but its own threads ever waits for the network. What waits to be written is bounded by
 * the receive maximum (acknowledgements) and by the {@link Outbox} (publications).
 */
final class Link {
  /** Told on the reading thread, {@link #written} on the writing one; must not block for long. */
  interface Events {
    /** Connected; no message of this link has been told before. */
    void opened(Link link, boolean sessionPresent, int receiveMaximum);

    void arrived(Link link, String topic, MqttMessage message);

    /**
     * The broker's word on a publication.
     *
     * @param type PUBACK, PUBREC or PUBCOMP
     * @param code reason code, from 0x80 on it refuses (MQTT 5.0, clause 2.4)
     */
    void answered(Link link, int type, int packetId, int code);

    /** So many publications of QoS 0, the oldest ones, are on the wire. */
    void written(Link link, int publications);

    /**
     * Could not connect, or lost the connection; told once.
     *
     * @param code the broker's reason code (MQTT 5.0, clause 2.4), 0 when it gave none
     */
    void lost(Link link, int code, String why);
  }

  static final int FIRST_FAILURE_CODE = 0x80;

  /** Of subscriptions; those of publications are smaller ({@link Outbox}). */
  private static final int FIRST_ID = 60_001;

  private static final int LAST_ID = 65_535;
  private static final int MQTT_5 = 5;

  /** How long a broker may take to hang up when it was said good-bye to. */
  private static final long FAREWELL_MILLIS = 500;

  private final ConnectionSettings settings;
  private final MqttConnectionOptions options;
  private final Events events;
  private final Thread reading;
  private final Thread writing;
  private final AtomicBoolean cut = new AtomicBoolean();
  private volatile Socket socket = new Socket();
  private volatile boolean over;

  /** The reading thread alone: nothing came for a while, and an answer is asked for. */
  private boolean asked;

  // guarded by this
  private final Map<Integer, CompletableFuture<List<Integer>>> subscribing = new HashMap<>();
  private PacketBuffer outgoing = new PacketBuffer();
  private boolean idle;
  private boolean leaving;
  private long keepAliveMillis;
  private long largest = Long.MAX_VALUE;
  private int nextId = FIRST_ID;

  Link(ConnectionSettings settings, boolean first, Events events) {
    this.settings = settings;
    this.events = events;
    options = settings.attempt(first);
    keepAliveMillis = TimeUnit.SECONDS.toMillis(options.getKeepAliveInterval());
    reading = thread(this::run, "receive");
    writing = thread(this::write, "send");
  }

  private Thread thread(Runnable loop, String what) {
    Thread thread = new Thread(loop, "patchbay-mqtt-" + settings.name() + "-" + what);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to connect; {@link Events} tell how it ends. */
  void open() {
    reading.start();
  }

  private void run() {
    try {
      Socket opened = Sockets.connect(settings.uri(), options, opening -> socket = opening);
      socket = opened;
      if (over) {
        opened.close();
        return;
      }
      PacketBuffer hello = new PacketBuffer();
      hello.add(hello());
      hello.drain(opened.getOutputStream());
      PacketReader in =
          new PacketReader(
              opened.getInputStream(), ConnectionSettings.MAXIMUM_PACKET_SIZE, this::silent);
      MqttConnAck answer = welcome(in);
      if (answer.getReturnCode() >= FIRST_FAILURE_CODE) {
        lost(answer.getReturnCode(), ReasonCodes.words(answer.getReturnCode()));
        return;
      }
      begin(opened, answer);
      while (!over || leaving()) {
        take(in.next(), in);
      }
    } catch (IOException | RuntimeException e) {
      lost(0, words(e));
    }
  }

  /** MQTT 5.0, clause 3.1. */
  private MqttConnect hello() {
    MqttConnect hello =
        new MqttConnect(
            settings.clientId(),
            MQTT_5,
            options.isCleanStart(),
            options.getKeepAliveInterval(),
            options.getConnectionProperties(),
            options.getWillMessageProperties());
    hello.getProperties().setTopicAliasMaximum(null);
    if (options.getWillDestination() != null && options.getWillMessage() != null) {
      hello.setWillDestination(options.getWillDestination());
      hello.setWillMessage(options.getWillMessage());
    }
    if (options.getUserName() != null) {
      hello.setUserName(options.getUserName());
    }
    if (options.getPassword() != null) {
      hello.setPassword(options.getPassword());
    }
    return hello;
  }

  private static MqttConnAck welcome(PacketReader in) throws IOException {
    if (in.next() >> 4 == MESSAGE_TYPE_CONNACK && in.whole() instanceof MqttConnAck answer) {
      return answer;
    }
    throw PacketReader.malformed("no CONNACK first");
  }

  private void begin(Socket opened, MqttConnAck answer) throws IOException {
    MqttProperties given = answer.getProperties();
    Integer maximum = given.getReceiveMaximum();
    synchronized (this) {
      if (given.getServerKeepAlive() != null) {
        keepAliveMillis = TimeUnit.SECONDS.toMillis(given.getServerKeepAlive());
      }
      if (given.getMaximumPacketSize() != null) {
        largest = given.getMaximumPacketSize();
      }
      opened.setSoTimeout((int) keepAliveMillis);
    }
    events.opened(this, answer.getSessionPresent(), maximum == null ? 65_535 : maximum);
    writing.start();
  }

  /** Nothing came for as long as the connection may be silent: the broker is asked, once. */
  private void silent() throws IOException {
    if (asked || !writing.isAlive()) {
      throw new IOException("the broker does not answer");
    }
    asked = true;
    ping();
  }

  private void take(int first, PacketReader in) throws IOException {
    asked = false;
    int type = first >> 4;
    switch (type) {
      case MESSAGE_TYPE_PUBLISH -> {
        String topic = in.text();
        MqttMessage message = in.message();
        if (!over) {
          events.arrived(this, topic, message);
        }
      }
      case MESSAGE_TYPE_PUBACK, MESSAGE_TYPE_PUBREC, MESSAGE_TYPE_PUBCOMP -> {
        int packetId = in.number16();
        events.answered(this, type, packetId, in.remaining() > 0 ? in.octet() : 0);
      }
      case MESSAGE_TYPE_PUBREL -> answer(MESSAGE_TYPE_PUBCOMP, in.number16());
      case MESSAGE_TYPE_SUBACK, MESSAGE_TYPE_UNSUBACK -> subscribed(in);
      case MESSAGE_TYPE_PINGRESP -> {}
      case MESSAGE_TYPE_DISCONNECT -> {
        int code = in.remaining() > 0 ? in.octet() : 0;
        lost(code, "closed by the broker");
      }
      default -> throw PacketReader.malformed("a packet of type " + type);
    }
  }

  private void subscribed(PacketReader in) throws IOException {
    CompletableFuture<List<Integer>> asking;
    int packetId = in.number16();
    synchronized (this) {
      asking = subscribing.remove(packetId);
    }
    in.skipProperties();
    List<Integer> codes = new ArrayList<>();
    while (in.remaining() > 0) {
      codes.add(in.octet());
    }
    if (asking != null) {
      asking.complete(codes);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // nothing relies on the pause: it makes larger writes
  private void write() {
    PacketBuffer full = new PacketBuffer();
    try {
      OutputStream out = socket.getOutputStream();
      while (true) {
        if (!awaitSomething()) {
          break;
        }
        // who woke it has mostly more to say: it goes out together
        Thread.yield();
        synchronized (this) {
          PacketBuffer empty = full;
          full = outgoing;
          outgoing = empty;
        }
        int unconfirmed = full.unconfirmed();
        full.drain(out);
        if (unconfirmed > 0) {
          events.written(this, unconfirmed);
        }
      }
      socket.shutdownOutput();
    } catch (IOException | RuntimeException e) {
      lost(0, words(e));
    }
  }

  /** False when all is written and nothing follows. */
  private synchronized boolean awaitSomething() {
    idle = true;
    try {
      while (outgoing.empty() && !leaving && !cut.get()) {
        wait(keepAliveMillis);
        if (outgoing.empty() && keepAliveMillis > 0 && !leaving && !cut.get()) {
          // a client must not be silent for longer (clause 3.1.2.10)
          outgoing.add(new MqttPingReq());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      leaving = true;
    }
    idle = false;
    return !outgoing.empty() && !cut.get();
  }

  /** Call with the lock held, after something was added. */
  private void wake() {
    if (idle) {
      idle = false;
      notifyAll();
    }
  }

  private synchronized boolean leaving() {
    return leaving;
  }

  private synchronized void ping() {
    outgoing.add(new MqttPingReq());
    wake();
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

  /** Acknowledges (MQTT 5.0, clauses 3.4 and 3.5); nothing once the link is over. */
  void acknowledge(MqttMessage message) {
    answer(message.getQos() == 2 ? MESSAGE_TYPE_PUBREC : MESSAGE_TYPE_PUBACK, message.getId());
  }

  /** Lets the broker forget the id of a publication of QoS 2 that it has (clause 3.6). */
  void release(int packetId) {
    answer(MESSAGE_TYPE_PUBREL, packetId);
  }

  private synchronized void answer(int type, int packetId) {
    if (!over) {
      outgoing.answer(type, packetId);
      wake();
    }
  }

  /**
   * Sends.
   *
   * @throws MqttRefusedException when it is larger than the broker takes
   */
  synchronized void publish(Publication publication) throws MqttRefusedException {
    outgoing.publish(publication, largest);
    wake();
  }

  /**
   * Completes with the broker's word on each filter, in their order: a reason code, from 0x80 on it
   * refuses (MQTT 5.0, clause 3.9.3).
   *
   * @param filters each with its quality of service
   */
  CompletionStage<List<Integer>> subscribe(Map<String, Integer> filters, int identifier) {
    MqttSubscription[] subscriptions =
        filters.entrySet().stream()
            .map(one -> subscription(one.getKey(), one.getValue()))
            .toArray(MqttSubscription[]::new);
    MqttProperties properties = new MqttProperties();
    if (identifier > 0) {
      properties.setSubscriptionIdentifier(identifier);
    }
    return ask(new MqttSubscribe(subscriptions, properties));
  }

  private static MqttSubscription subscription(String filter, int qos) {
    MqttSubscription subscription = new MqttSubscription(filter, qos);
    // 1: a retained message comes when the subscription is new, not when it is renewed
    subscription.setRetainHandling(1);
    subscription.setRetainAsPublished(false);
    return subscription;
  }

  /** Completes as {@link #subscribe}. */
  CompletionStage<List<Integer>> unsubscribe(List<String> filters) {
    return ask(new MqttUnsubscribe(filters.toArray(String[]::new), new MqttProperties()));
  }

  private CompletionStage<List<Integer>> ask(MqttWireMessage packet) {
    CompletableFuture<List<Integer>> done = new CompletableFuture<>();
    synchronized (this) {
      nextId = nextId == LAST_ID ? FIRST_ID : nextId + 1;
      packet.setMessageId(nextId);
      outgoing.add(packet);
      subscribing.put(nextId, done);
      wake();
    }
    if (over) {
      done.completeExceptionally(gone());
    }
    return done;
  }

  private static IOException gone() {
    return new IOException("the connection was lost");
  }

  private static String words(Throwable cause) {
    Throwable innermost = cause;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = innermost.getMessage();
    if (innermost instanceof UnknownHostException) {
      return "no host is named '" + message + "'";
    }
    return message == null ? innermost.getClass().getSimpleName() : message;
  }

  /**
   * Cuts the connection; the session stays.
   *
   * @return whether it was not cut before
   */
  boolean kill() {
    boolean first = !cut.getAndSet(true);
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed either way
    }
    synchronized (this) {
      notifyAll();
    }
    return first;
  }

  /** Frees what it holds; call when it is lost. */
  void dispose() {
    List<CompletableFuture<List<Integer>>> waiting;
    synchronized (this) {
      over = true;
      leaving = false;
      waiting = List.copyOf(subscribing.values());
      subscribing.clear();
    }
    boolean unused = kill();
    waiting.forEach(one -> one.completeExceptionally(gone()));
  }

  /**
   * Says good-bye after everything handed over before, acknowledgements included.
   *
   * @param keepSession whether the broker keeps the session
   * @param patience milliseconds
   */
  void close(boolean keepSession, long patience) {
    try {
      MqttProperties properties = new MqttProperties();
      if (!keepSession) {
        properties.setSessionExpiryInterval(0L);
      }
      MqttDisconnect goodbye = new MqttDisconnect(0, properties);
      synchronized (this) {
        over = true;
        leaving = true;
        outgoing.add(goodbye);
        notifyAll();
      }
      writing.join(patience);
      // closed with something unread, the socket would take back what was written last
      reading.join(writing.isAlive() ? 1 : FAREWELL_MILLIS);
    } catch (MqttException e) {
      throw new IllegalStateException("a packet without any choice was refused", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      dispose();
    }
  }
}
