package io.patchbay.binding.coap;

import io.patchbay.northbound.Feed;
import io.patchbay.northbound.Things;
import io.patchbay.store.Recorded;
import io.patchbay.store.Selection;
import io.patchbay.thing.SenMl;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.observe.ObserveManager;
import org.eclipse.californium.core.observe.ObserveRelation;
import org.eclipse.californium.core.server.resources.ObservableResource;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The hub's values, to be read and observed (RFC 7641) at {@code things/THING/properties/PROPERTY}
 * as SenML. An observer gets the newest state, not each: of what changes faster than it
 * acknowledges some is left out.
 */
final class Readings {
  static final String PATH = "things/";

  /** One more is answered with the state alone: it is no observer then (RFC 7641, clause 4.1). */
  static final int OBSERVERS = 1_000;

  private static final int OBSERVERS_OF_ONE_PEER = 64;

  /** Even when nothing changes an observer is asked this often whether it is still there. */
  private static final int ASKED_SECONDS = 300;

  private static final int SENML_JSON = 110;
  private static final int SENML_CBOR = 112;
  private static final int LARGEST_NUMBER = 0xFF_FFFF;

  private final Things things;
  private final Feed feed;
  private final Access access;
  private final ProtocolScheduledExecutorService thread;
  private final ObserveManager manager;
  private final Map<Place, Watched> watched = new ConcurrentHashMap<>();
  private Feed.@Nullable Registration listening;

  private record Place(ThingId thing, String property) {}

  Readings(Things things, Feed feed, Access access, Endpoints endpoints) {
    this.things = things;
    this.feed = feed;
    this.access = access;
    thread = endpoints.thread();
    manager = new ObserveManager(endpoints.configuration());
  }

  int observers() {
    return manager.getNumberOfObserverRelations();
  }

  /** On the endpoints' one thread. */
  Response answer(Exchange exchange, Request request, String path) {
    Place place = place(path).orElse(null);
    if (place == null) {
      return Replies.refused(ResponseCode.NOT_FOUND, "accepted: things/THING/properties/PROPERTY");
    }
    Response forbidden = forbidden(request, place);
    if (forbidden != null) {
      return forbidden;
    }
    int accept = request.getOptions().getAccept();
    if (accept >= 0 && accept != SENML_JSON && accept != SENML_CBOR) {
      return Replies.refused(
          ResponseCode.NOT_ACCEPTABLE,
          "accepted: 110, application/senml+json; 112, application/senml+cbor");
    }
    Uplink.Reading reading = reading(place).orElse(null);
    if (reading == null) {
      return Replies.refused(
          ResponseCode.NOT_FOUND, "nothing is known at '" + path + "', or not yet");
    }
    if (request.isObserve() && room(request)) {
      manager.addObserveRelation(exchange, watched.computeIfAbsent(place, at -> new Watched(at)));
    } else if (request.isObserveCancel()) {
      manager.cancelObserveRelation(exchange);
    }
    return response(reading, accept);
  }

  private static Optional<Place> place(String path) {
    String[] parts = path.split("/", -1);
    return parts.length == 4 && parts[2].equals("properties") && ThingId.valid(parts[1])
        ? Optional.of(new Place(new ThingId(parts[1]), parts[3]))
        : Optional.empty();
  }

  private @Nullable Response forbidden(Request request, Place place) {
    String topic = "patchbay/things/" + place.thing() + "/properties/" + place.property();
    return access
        .refusal(request.getSourceContext(), Access.Use.READ, topic)
        .map(Replies::refused)
        .orElse(null);
  }

  private Optional<Uplink.Reading> reading(Place place) {
    return things
        .find(place.thing())
        .flatMap(state -> Optional.ofNullable(state.latest().get(place.property())));
  }

  private boolean room(Request request) {
    InetSocketAddress peer = request.getSourceContext().getPeerAddress();
    int own = 0;
    for (Watched one : watched.values()) {
      own += one.observers(peer);
    }
    return own < OBSERVERS_OF_ONE_PEER && !manager.isFull();
  }

  private static Response response(Uplink.Reading reading, int accept) {
    Response response = new Response(ResponseCode.CONTENT);
    if (accept == SENML_CBOR) {
      response.getOptions().setContentFormat(SENML_CBOR);
      response.setPayload(SenMlCbor.of(reading));
    } else {
      response.getOptions().setContentFormat(SENML_JSON);
      response.setPayload(SenMl.text(reading));
    }
    response.getOptions().setMaxAge(ASKED_SECONDS);
    return response;
  }

  /** On the journal's thread. */
  private boolean heard(Recorded recorded) {
    if (recorded.uplink() instanceof Uplink.Reading reading) {
      Watched one = watched.get(new Place(reading.thing(), reading.property()));
      if (one != null) {
        one.changed();
      }
    }
    return true;
  }

  /** To be called every second, on the endpoints' one thread. */
  void look() {
    watched.values().forEach(Watched::look);
    watched.values().removeIf(Watched::idle);
    if (watched.isEmpty()) {
      deafen();
    }
  }

  private void listen() {
    if (listening == null) {
      listening = feed.open("coap", Selection.of(Selection.Kind.READING), this::heard);
    }
  }

  private void deafen() {
    Feed.Registration open = listening;
    listening = null;
    if (open != null) {
      open.close();
    }
  }

  void close() {
    deafen();
    watched.clear();
  }

  /** One property, with those who observe it. All but {@link #changed} on the one thread. */
  private final class Watched implements ObservableResource {
    private final Place place;
    private final Set<ObserveRelation> relations = new HashSet<>();
    private final AtomicBoolean due = new AtomicBoolean();
    private final AtomicInteger number = new AtomicInteger(1);
    private long toldAt = System.nanoTime();
    private int looks;

    private Watched(Place place) {
      this.place = place;
      listen();
    }

    int observers(InetSocketAddress peer) {
      return (int) relations.stream().filter(one -> one.getSource().equals(peer)).count();
    }

    /** One notification is enough for all that has changed until it is sent. */
    void changed() {
      if (!due.getAndSet(true)) {
        thread.execute(() -> tell(null));
      }
    }

    private void tell(CoAP.@Nullable Type type) {
      due.set(false);
      toldAt = System.nanoTime();
      Uplink.Reading reading = reading(place).orElse(null);
      for (ObserveRelation relation : new ArrayList<>(relations)) {
        Request request = relation.getExchange().getRequest();
        Response forbidden = forbidden(request, place);
        Response response =
            forbidden != null
                ? forbidden
                : reading == null
                    ? Replies.refused(ResponseCode.NOT_FOUND, "the thing was removed")
                    : response(reading, request.getOptions().getAccept());
        response.setType(type);
        relation.getExchange().sendResponse(response);
      }
    }

    void look() {
      if (System.nanoTime() - toldAt > TimeUnit.SECONDS.toNanos(ASKED_SECONDS)) {
        tell(CoAP.Type.CON);
      }
    }

    /** Nobody has come for a while. */
    boolean idle() {
      looks = relations.isEmpty() ? looks + 1 : 0;
      return looks > 2;
    }

    @Override
    public String getURI() {
      return "/things/" + place.thing() + "/properties/" + place.property();
    }

    /** As it was asked for; every tenth, or after a minute, confirmable in any case. */
    @Override
    public CoAP.@Nullable Type getObserveType() {
      return null;
    }

    /**
     * Asked for when a notification is sent, which may be after the next is due: always another.
     */
    @Override
    public int getNotificationSequenceNumber() {
      return number.updateAndGet(before -> before == LARGEST_NUMBER ? 1 : before + 1);
    }

    @Override
    public boolean isObservable() {
      return true;
    }

    @Override
    public void addObserveRelation(ObserveRelation relation) {
      boolean unused = relations.add(relation);
    }

    @Override
    public void removeObserveRelation(ObserveRelation relation) {
      boolean unused = relations.remove(relation);
    }

    @Override
    public int getObserverCount() {
      return relations.size();
    }
  }

  /** What can be observed, told to those who ask for what there is. */
  static final List<Link> OWN =
      List.of(
          new Link("/things", Map.of())
              .with("ct", "110 112")
              .with("obs", "")
              .with("rt", "patchbay.property")
              .with("title", "things/{thing}/properties/{property}"));
}
