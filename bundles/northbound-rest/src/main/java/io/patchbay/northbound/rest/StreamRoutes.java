package io.patchbay.northbound.rest;

import io.patchbay.access.Role;
import io.patchbay.northbound.Feed;
import io.patchbay.operation.Metrics.Sample;
import io.patchbay.store.Journal;
import io.patchbay.store.Selection;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** {@code /stream}: uplinks as they are committed. */
final class StreamRoutes {
  private final Rooms rooms;
  private final Settings settings;
  private final Semaphore places;
  private final Set<LiveStream> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong opened = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private volatile boolean closed;

  StreamRoutes(Rooms rooms, Settings settings) {
    this.rooms = rooms;
    this.settings = settings;
    this.places = new Semaphore(settings.maxStreams());
  }

  List<Route> routes() {
    return List.of(
        Route.get(
                "/api/v1/stream",
                Role.VIEWER,
                "Server-sent events of uplinks; resumes after the header Last-Event-ID",
                "Event",
                this::stream)
            .asking(Selections.PARAMETERS)
            .giving(200, "text/event-stream", "Event"));
  }

  /** Ends all streams. */
  void close() {
    closed = true;
    open.forEach(LiveStream::end);
  }

  private void stream(Exchange exchange) throws IOException {
    exchange.negotiate(List.of("text/event-stream"));
    Selection selection = Selections.of(exchange);
    long after = after(exchange);
    Journal journal = rooms.journal();
    Feed feed = rooms.feed();
    if (closed || !places.tryAcquire()) {
      throw Problem.of(
              503, "already " + settings.maxStreams() + " streams are open, the most accepted")
          .with("Retry-After", "10");
    }
    String name = "stream-" + exchange.who() + "-" + opened.incrementAndGet();
    var response = exchange.response();
    response.setContentType("text/event-stream");
    response.setCharacterEncoding("utf-8");
    LiveStream stream =
        new LiveStream(
            journal,
            selection,
            settings.streamQueue(),
            settings.heartbeat(),
            response.getOutputStream());
    open.add(stream);
    try {
      stream.run(receiver -> feed.open(name, selection, receiver), after);
    } catch (IOException e) {
      // The client went, or took nothing for as long as the connection may be idle.
      if (e.getCause() instanceof java.util.concurrent.TimeoutException) {
        dropped.incrementAndGet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(stream);
      lost.addAndGet(stream.lost());
      places.release();
    }
  }

  private static long after(Exchange exchange) {
    String id = exchange.header("Last-Event-ID").orElse("");
    if (id.isEmpty()) {
      return -1;
    }
    try {
      long after = Long.parseLong(id);
      if (after >= 0) {
        return after;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw Problem.bad("Last-Event-ID is '" + id + "'; accepted: the id of an event of this stream");
  }

  List<Sample> samples() {
    return List.of(
        Sample.gauge("patchbay_rest_streams", "Live streams open now.", Map.of(), open.size()),
        Sample.counter(
            "patchbay_rest_streams_dropped_total",
            "Live streams ended because the client took nothing.",
            Map.of(),
            (double) dropped.get()),
        Sample.counter(
            "patchbay_rest_stream_lost_total",
            "Uplinks without a journal that ended live streams could not be given.",
            Map.of(),
            (double) lost.get()));
  }
}
