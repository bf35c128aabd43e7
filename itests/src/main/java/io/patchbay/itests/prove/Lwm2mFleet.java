package io.patchbay.itests.prove;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;
import org.jspecify.annotations.Nullable;

/**
 * LwM2M devices on one thread, octet by octet, some over DTLS. Each registers once, answers what it
 * is asked, and when it is observed notifies of 1, 2, 3 …: one confirmable notification at a time,
 * sent again until it is acknowledged.
 */
final class Lwm2mFleet implements AutoCloseable {
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** After so many unanswered a device with DTLS begins anew: the hub has forgotten the session. */
  private static final int FORGOTTEN = 2;

  /** How octets come to the hub and back. */
  private interface Wire extends Closeable {
    void send(byte[] octets) throws IOException;

    /** Null when nothing has come. */
    @Nullable ByteBuffer receive() throws IOException;

    /** Whether there is a session that the hub may have forgotten; begins another. */
    boolean anew();
  }

  private static final class PlainWire implements Wire {
    private final DatagramChannel channel = DatagramChannel.open();
    private final ByteBuffer buffer = ByteBuffer.allocate(1_500);

    PlainWire(Selector selector, int port) throws IOException {
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
    }

    @Override
    public void send(byte[] octets) throws IOException {
      int unused = channel.write(ByteBuffer.wrap(octets));
    }

    @Override
    public @Nullable ByteBuffer receive() {
      buffer.clear();
      try {
        return channel.read(buffer) > 0 ? buffer.flip() : null;
      } catch (IOException e) {
        return null; // the hub is away
      }
    }

    @Override
    public boolean anew() {
      return false;
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private static final class DtlsWire implements Wire {
    private final Queue<byte[]> come = new ConcurrentLinkedQueue<>();
    private final DTLSConnector connector;
    private final EndpointContext hub;
    private final EndpointContext hubAnew;
    private boolean force;

    DtlsWire(Selector selector, int port, String identity, byte[] key) throws IOException {
      DtlsConfig.register();
      InetAddress here = InetAddress.getLoopbackAddress();
      connector =
          new DTLSConnector(
              DtlsConnectorConfig.builder(new Configuration())
                  .set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.CLIENT_ONLY)
                  .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
                  .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1)
                  .setAddress(new InetSocketAddress(here, 0))
                  .setPskStore(new SinglePskStore(identity, key))
                  .build());
      connector.setRawDataReceiver(
          raw -> {
            come.add(raw.getBytes());
            Selector unused = selector.wakeup();
          });
      hub = new AddressEndpointContext(new InetSocketAddress(here, port));
      hubAnew =
          MapBasedEndpointContext.setEntries(
              hub, DtlsEndpointContext.ATTRIBUE_HANDSHAKE_MODE_FORCE_FULL);
      connector.start();
    }

    @Override
    public void send(byte[] octets) {
      connector.send(RawData.outbound(octets, force ? hubAnew : hub, null, false));
      force = false;
    }

    @Override
    public @Nullable ByteBuffer receive() {
      byte[] octets = come.poll();
      return octets == null ? null : ByteBuffer.wrap(octets);
    }

    @Override
    public boolean anew() {
      force = true;
      return true;
    }

    @Override
    public void close() {
      connector.destroy();
    }
  }

  /** One of them; counted by its own thread, read by others. */
  private static final class Device {
    private final String name;
    private final Wire wire;
    private final BitSet acknowledged = new BitSet();
    private byte[] pending = {};
    private byte[] interrupted = {};
    private byte[] token = {};
    private List<String> location = List.of();
    private long sentAt;
    private int tries;
    private int mid;
    private int newest;
    private int lastAsked = -1;
    private boolean updating;
    private final AtomicInteger value = new AtomicInteger();
    private final AtomicInteger acknowledgements = new AtomicInteger();
    private final AtomicInteger registrations = new AtomicInteger();
    private final AtomicInteger observed = new AtomicInteger();
    private final AtomicInteger resets = new AtomicInteger();

    private Device(String name, Wire wire) {
      this.name = name;
      this.wire = wire;
    }

    /** None comes twice, whatever is said again. */
    private int nextMid() {
      newest = newest + 1 & 0xFFFF;
      mid = newest;
      return mid;
    }

    private void say(byte[] octets, long now) throws IOException {
      pending = octets;
      tries = 0;
      again(now);
    }

    private void again(long now) throws IOException {
      sentAt = now;
      tries++;
      wire.send(pending);
    }

    private void notifies(long now) throws IOException {
      int number = value.incrementAndGet();
      say(
          new Lwm2mOctets(Lwm2mOctets.CONFIRMABLE, Lwm2mOctets.CONTENT, nextMid(), token)
              .observe(number + 2)
              .format(Lwm2mOctets.TLV)
              .payload(Lwm2mOctets.temperature(number)),
          now);
    }

    /** The hub has forgotten the session: what is pending is said when it knows it again. */
    private void updates(long now) throws IOException {
      if (!updating) {
        interrupted = pending;
        updating = true;
      }
      say(
          new Lwm2mOctets(Lwm2mOctets.CONFIRMABLE, Lwm2mOctets.POST, nextMid(), new byte[0])
              .path(location.toArray(String[]::new))
              .end(),
          now);
    }

    private void hear(ByteBuffer message, long now) throws IOException {
      int code = Lwm2mOctets.code(message);
      int type = Lwm2mOctets.type(message);
      boolean mine = pending.length > 0 && Lwm2mOctets.mid(message) == mid;
      if (type == Lwm2mOctets.RESET) {
        resets.addAndGet(mine ? 1 : 0);
        token = mine ? new byte[0] : token;
        pending = mine ? new byte[0] : pending;
      } else if (code != 0 && code < 32) {
        answer(message, code);
      } else if (!mine) {
        return;
      } else if (code == Lwm2mOctets.CREATED) {
        List<String> parts = new ArrayList<>();
        Lwm2mOctets.options(
            message,
            (number, octets) -> {
              if (number == Lwm2mOctets.LOCATION) {
                parts.add(new String(octets, StandardCharsets.UTF_8));
              }
            });
        location = parts;
        registrations.incrementAndGet();
        pending = new byte[0];
      } else if (updating && code == Lwm2mOctets.CHANGED) {
        updating = false;
        mid = (interrupted[2] & 0xFF) << 8 | (interrupted[3] & 0xFF);
        say(interrupted, now); // the same, as if it came late
      } else if (code == 0 && type == Lwm2mOctets.ACKNOWLEDGEMENT && !updating) {
        if (!location.isEmpty()) {
          acknowledged.set(value.get());
          acknowledgements.incrementAndGet();
          pending = new byte[0];
        }
      }
    }

    /** What it is asked: its instance, or to observe the value; 0 is what it says then. */
    private void answer(ByteBuffer request, int code) throws IOException {
      byte[] asked = Lwm2mOctets.token(request);
      boolean[] observe = new boolean[1];
      Lwm2mOctets.options(request, (number, octets) -> observe[0] |= number == Lwm2mOctets.OBSERVE);
      Lwm2mOctets answer =
          new Lwm2mOctets(
              Lwm2mOctets.ACKNOWLEDGEMENT,
              code == Lwm2mOctets.GET ? Lwm2mOctets.CONTENT : Lwm2mOctets.CHANGED,
              Lwm2mOctets.mid(request),
              asked);
      if (code != Lwm2mOctets.GET) {
        wire.send(answer.end());
        return;
      }
      if (observe[0]) {
        token = asked;
        observed.addAndGet(lastAsked == Lwm2mOctets.mid(request) ? 0 : 1);
        lastAsked = Lwm2mOctets.mid(request);
        answer.observe(2);
      }
      wire.send(answer.format(Lwm2mOctets.TLV).payload(Lwm2mOctets.temperature(0)));
    }

    private void look(long now, long interval, boolean talking) throws IOException {
      if (pending.length > 0) {
        if (now - sentAt > AGAIN_NANOS) {
          if (tries >= FORGOTTEN && wire.anew() && !location.isEmpty()) {
            updates(now);
          } else {
            again(now);
          }
        }
      } else if (location.isEmpty()) {
        say(Lwm2mOctets.register(nextMid(), name), now);
      } else if (talking && token.length > 0 && now - sentAt > interval) {
        notifies(now);
      }
    }
  }

  /**
   * What a device has come to.
   *
   * @param acknowledged the numbers whose notification was acknowledged
   */
  record Said(String thing, int sent, BitSet acknowledged) {}

  private final Selector selector = Selector.open();
  private final List<Device> devices = new ArrayList<>();
  private final long interval;
  private final Thread thread = new Thread(this::run, "prove-lwm2m");
  private final AtomicReference<Exception> failed = new AtomicReference<>();
  private volatile boolean talking = true;
  private volatile boolean ended;
  private volatile long heardAt = System.nanoTime();
  private volatile long longestGap;

  /**
   * @param interval between two notifications of a device, in nanoseconds
   */
  Lwm2mFleet(long interval) throws IOException {
    this.interval = interval;
  }

  /** Before it begins. */
  void plain(String name, int port) throws IOException {
    devices.add(new Device(name, new PlainWire(selector, port)));
  }

  /** Before it begins. */
  void secure(String name, int port, byte[] key) throws IOException {
    devices.add(new Device(name, new DtlsWire(selector, port, name, key)));
  }

  void begin() {
    thread.start();
  }

  private void run() {
    try {
      long looked = 0;
      while (!ended) {
        int unused = selector.select(5);
        selector.selectedKeys().clear();
        long now = System.nanoTime();
        for (Device device : devices) {
          hear(device, now);
        }
        if (now - looked > TimeUnit.MILLISECONDS.toNanos(5)) {
          looked = now;
          for (Device device : devices) {
            look(device, now);
          }
        }
      }
    } catch (IOException | RuntimeException e) {
      failed.set(e);
    }
  }

  private void hear(Device device, long now) throws IOException {
    int before = device.acknowledgements.get();
    ByteBuffer message = device.wire.receive();
    while (message != null) {
      device.hear(message, now);
      message = device.wire.receive();
    }
    if (device.acknowledgements.get() > before) {
      longestGap = Math.max(longestGap, now - heardAt);
      heardAt = now;
    }
  }

  private void look(Device device, long now) throws IOException {
    try {
      device.look(now, interval, talking);
    } catch (java.net.PortUnreachableException e) {
      device.sentAt = now; // the hub is away
    }
  }

  int size() {
    return devices.size();
  }

  long registrations() throws IOException {
    return sum(device -> device.registrations.get());
  }

  /** Requests to observe; one each when nothing is forgotten. */
  long observed() throws IOException {
    return sum(device -> device.observed.get());
  }

  /** Notifications that the hub did not know. */
  long resets() throws IOException {
    return sum(device -> device.resets.get());
  }

  long acknowledged() throws IOException {
    return sum(device -> device.acknowledgements.get());
  }

  private long sum(java.util.function.ToIntFunction<Device> count) throws IOException {
    check();
    return devices.stream().mapToInt(count).sum();
  }

  private void check() throws IOException {
    Exception problem = failed.get();
    if (problem != null) {
      throw new IOException("the fleet failed", problem);
    }
  }

  /** Whether each is heard once more within that time; who is not. */
  List<String> notHeard(long seconds) throws IOException, InterruptedException {
    int[] before = devices.stream().mapToInt(device -> device.acknowledgements.get()).toArray();
    List<String> missing = new ArrayList<>();
    boolean unused =
        Drain.until(
            seconds,
            () -> {
              check();
              missing.clear();
              for (int i = 0; i < before.length; i++) {
                if (devices.get(i).acknowledgements.get() == before[i]) {
                  missing.add(devices.get(i).name);
                }
              }
              return missing.isEmpty();
            });
    return missing;
  }

  void beginGap() {
    heardAt = System.nanoTime();
    longestGap = 0;
  }

  /** Longest time in which nobody was acknowledged. */
  long longestGapMs() {
    return TimeUnit.NANOSECONDS.toMillis(Math.max(longestGap, System.nanoTime() - heardAt));
  }

  /** Nobody says anything new; what is under way is acknowledged. */
  List<Said> silence() throws IOException, InterruptedException {
    talking = false;
    boolean unused =
        Drain.until(
            () ->
                devices.stream()
                    .allMatch(device -> device.acknowledgements.get() == device.value.get()));
    ended = true;
    thread.join();
    check();
    return devices.stream()
        .map(device -> new Said(device.name, device.value.get(), device.acknowledged))
        .toList();
  }

  @Override
  public void close() throws IOException {
    ended = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Device device : devices) {
      device.wire.close();
    }
    selector.close();
  }
}
