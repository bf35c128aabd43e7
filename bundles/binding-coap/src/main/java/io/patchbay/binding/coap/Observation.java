package io.patchbay.binding.coap;

import io.patchbay.coap.Acknowledgements;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.UplinkPort;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapHandler;
import org.eclipse.californium.core.CoapObserveRelation;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One resource of a device that the hub observes (RFC 7641). Registered again when nothing came for
 * longer than Max-Age. Everything happens on the endpoints' one thread.
 */
final class Observation {
  private static final Logger LOG = LoggerFactory.getLogger(Observation.class);

  /**
   * States that wait for the hub; when it is full the oldest goes, and is not acknowledged: the
   * newest is what counts.
   */
  private static final int WAITING = 64;

  private static final long USUAL_MAX_AGE = 60;
  private static final long GRACE_SECONDS = 10;
  private static final int LONGEST_BACK_OFF = 60;

  /** What a notification says, and what is done when the hub holds it. */
  private record Waiting(Frame frame, Runnable kept) {}

  private final Devices devices;
  private final UplinkPort uplink;
  private final Reachability reachability;
  private final Acknowledgements acknowledgements;
  private final ScheduledExecutorService thread;
  private final Remote remote;
  private final int accept;
  private final List<Target> targets;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable CoapObserveRelation relation;
  private long due;
  private int failures;
  private boolean offering;
  private boolean ended;

  /**
   * @param accept Content-Format that is asked for; -1 for any
   * @param targets that each state of the resource says something of
   */
  Observation(
      Devices devices,
      UplinkPort uplink,
      Reachability reachability,
      Acknowledgements acknowledgements,
      ScheduledExecutorService thread,
      Remote remote,
      int accept,
      List<Target> targets) {
    this.devices = devices;
    this.uplink = uplink;
    this.reachability = reachability;
    this.acknowledgements = acknowledgements;
    this.thread = thread;
    this.remote = remote;
    this.accept = accept;
    this.targets = List.copyOf(targets);
  }

  void begin() {
    end(relation);
    relation = null;
    after(GRACE_SECONDS + LONGEST_BACK_OFF + 40); // longer than all retransmissions together
    devices
        .peer(remote)
        .whenCompleteAsync(
            (peer, failure) -> {
              if (ended) {
                return;
              } else if (peer == null) {
                LOG.warn("{} cannot be observed: {}", remote.words(), String.valueOf(failure));
                failed();
              } else {
                register(peer);
              }
            },
            thread);
  }

  private void register(Devices.Peer peer) {
    Request request = Request.newGet();
    request.setObserve();
    if (accept >= 0) {
      request.getOptions().setAccept(accept);
    }
    CoapClient client = new CoapClient(remote.uri());
    client.setDestinationContext(new AddressEndpointContext(peer.address(), remote.host(), null));
    client.setEndpoint(peer.endpoint());
    relation =
        client.observe(
            request,
            new CoapHandler() {
              @Override
              public void onLoad(CoapResponse response) {
                // before it is handed up any further, or it is acknowledged at once
                Runnable kept = acknowledgements.later(response.advanced());
                thread.execute(() -> heard(response.advanced(), kept));
              }

              @Override
              public void onError() {
                thread.execute(Observation.this::failed);
              }
            });
  }

  private void heard(Response response, Runnable kept) {
    if (ended) {
      return;
    }
    reachability.answered(remote.authority());
    if (!response.isSuccess()) {
      LOG.warn("{} cannot be observed: it says {}", remote.words(), response.getCode());
      failed();
      return;
    }
    failures = 0;
    Long maxAge = response.getOptions().getMaxAge();
    after((maxAge == null ? USUAL_MAX_AGE : maxAge) + GRACE_SECONDS);
    AtomicInteger left = new AtomicInteger(targets.size());
    Runnable one =
        () -> {
          if (left.decrementAndGet() == 0) {
            kept.run();
          }
        };
    for (Target target : targets) {
      waiting.addLast(new Waiting(Downlink.frame(remote, target, response), one));
      if (waiting.size() > WAITING) {
        waiting.removeFirst();
      }
    }
    offer();
  }

  private void failed() {
    if (ended) {
      return;
    }
    failures = Math.min(failures + 1, 7);
    reachability.silent(remote.authority());
    after(Math.min(LONGEST_BACK_OFF, 1L << (failures - 1)));
  }

  private void after(long seconds) {
    due = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
  }

  /** To be called every second. */
  void look() {
    if (!ended && System.nanoTime() - due >= 0) {
      begin();
    }
  }

  /** In order, one at a time; one that the hub has no room for is offered again. */
  private void offer() {
    Waiting next = offering ? null : waiting.pollFirst();
    if (next == null) {
      return;
    }
    offering = true;
    uplink
        .offer(next.frame(), Duration.ZERO)
        .whenComplete(
            (receipt, failure) -> {
              long millis = receipt instanceof Receipt.Busy busy ? busy.retryAfter().toMillis() : 0;
              boolean again = receipt instanceof Receipt.Busy;
              if (receipt != null && receipt.acknowledge()) {
                next.kept().run();
              }
              var unused =
                  thread.schedule(() -> offered(next, again), millis, TimeUnit.MILLISECONDS);
            });
  }

  private void offered(Waiting frame, boolean again) {
    offering = false;
    if (again && waiting.size() < WAITING) {
      waiting.addFirst(frame);
    }
    offer();
  }

  /** The device learns of it when it notifies the next time (RFC 7641, clause 3.6). */
  void end() {
    ended = true;
    end(relation);
  }

  private static void end(@Nullable CoapObserveRelation relation) {
    if (relation != null) {
      relation.reactiveCancel();
    }
  }
}
