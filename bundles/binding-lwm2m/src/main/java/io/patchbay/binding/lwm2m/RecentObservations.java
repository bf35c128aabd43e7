package io.patchbay.binding.lwm2m;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.californium.core.coap.Token;
import org.eclipse.californium.core.network.serialization.UdpDataParser;
import org.eclipse.californium.core.network.serialization.UdpDataSerializer;
import org.eclipse.californium.core.observe.ObservationUtil;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.ObservationIdentifier;
import org.eclipse.leshan.server.endpoint.EffectiveEndpointUriProvider;
import org.eclipse.leshan.server.observation.LwM2mNotificationReceiver;
import org.eclipse.leshan.transport.californium.ObserveUtil;
import org.eclipse.leshan.transport.californium.server.observation.LwM2mObservationStore;
import org.eclipse.leshan.transport.californium.server.observation.ObservationSerDes;
import org.jspecify.annotations.Nullable;

/**
 * What Californium knows of observations. Leshan's keeps each as a text, which is read again with
 * each notification; those that notified last are remembered as they are.
 */
final class RecentObservations extends LwM2mObservationStore {
  private static final int MOST = 4_096;

  /**
   * @param of as it was when this was made; it counts while the registry has the same
   */
  private record Known(
      Observation of, org.eclipse.californium.core.observe.Observation observation) {}

  private final Registry registry;
  private final EffectiveEndpointUriProvider uri;
  private final Map<Token, Known> recent =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Token, Known> eldest) {
          return size() > MOST;
        }
      };

  RecentObservations(
      Registry registry,
      LwM2mNotificationReceiver notifications,
      EffectiveEndpointUriProvider uri) {
    super(
        uri,
        registry,
        notifications,
        new ObservationSerDes(new UdpDataParser(), new UdpDataSerializer()));
    this.registry = registry;
    this.uri = uri;
  }

  /** As Leshan reads it again: matched by where the request goes, before there is an answer. */
  @Override
  public org.eclipse.californium.core.observe.@Nullable Observation putIfAbsent(
      Token token, org.eclipse.californium.core.observe.Observation asked) {
    org.eclipse.californium.core.observe.Observation before = super.putIfAbsent(token, asked);
    Observation kept = kept(token);
    if (before == null && kept != null) {
      EndpointContext peer =
          asked.getContext() == null
              ? asked.getRequest().getDestinationContext()
              : asked.getContext();
      remember(
          token,
          new Known(
              kept,
              ObservationUtil.shallowClone(
                  new org.eclipse.californium.core.observe.Observation(asked.getRequest(), peer))));
    }
    return before;
  }

  private @Nullable Observation kept(Token token) {
    return registry.getObservation(
        new ObservationIdentifier(uri.getEndpointUri(), token.getBytes()));
  }

  private void remember(Token token, Known known) {
    synchronized (recent) {
      recent.put(token, known);
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // an equal one that was made anew may have another request
  public org.eclipse.californium.core.observe.@Nullable Observation get(Token token) {
    Observation present = kept(token);
    Known known;
    synchronized (recent) {
      known = present == null ? recent.remove(token) : recent.get(token);
    }
    if (present == null) {
      return null;
    } else if (known == null || known.of() != present) {
      org.eclipse.californium.core.observe.Observation read = super.get(token);
      if (read == null) {
        return null;
      }
      known = new Known(present, bound(read, present.getRegistrationId()));
      remember(token, known);
    }
    return ObservationUtil.shallowClone(known.observation()); // whoever gets it adds to its request
  }

  /** A device that repeats its registration has another one since, of which this is, too. */
  private static org.eclipse.californium.core.observe.Observation bound(
      org.eclipse.californium.core.observe.Observation read, String registrationId) {
    Map<String, String> words = new HashMap<>(read.getRequest().getUserContext());
    if (!registrationId.equals(words.put(ObserveUtil.CTX_REGID, registrationId))) {
      read.getRequest().setUserContext(words);
    }
    return read;
  }
}
