package io.patchbay.itests.bench;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.leshan.core.endpoint.DefaultEndPointUriHandler;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;

/**
 * The floor of the hub's LwM2M: Leshan with its own in-memory store; it observes, keeps nothing.
 */
public final class PlainLeshan {
  private static final long PATIENCE = 20_000;

  private PlainLeshan() {}

  /** Serves until it is killed. */
  public static void main(String[] words) throws Exception {
    CaliforniumServerEndpointsProvider.Builder endpoints =
        new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider());
    endpoints.setConfiguration(
        configuration ->
            configuration.set(
                CoapConfig.DEDUPLICATOR, CoapConfig.DEDUPLICATOR_PEERS_MARK_AND_SWEEP));
    endpoints.addEndpoint(
        new DefaultEndPointUriHandler()
            .createUri(
                "coap",
                new InetSocketAddress(
                    InetAddress.getLoopbackAddress(), Integer.parseInt(words[0]))));
    LeshanServer server =
        new LeshanServerBuilder()
            .setEndpointsProviders(endpoints.build())
            .disableQueueModeSupport()
            .build();
    server.getRegistrationService().addListener(new Observing(server));
    server.start();
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  private record Observing(LeshanServer server) implements RegistrationListener {
    @Override
    public void registered(
        Registration registration, Registration before, Collection<Observation> gone) {
      server.send(
          registration, new ObserveRequest(3303, 0, 5700), PATIENCE, answer -> {}, failure -> {});
    }

    @Override
    public void updated(RegistrationUpdate update, Registration after, Registration before) {}

    @Override
    public void unregistered(
        Registration registration,
        Collection<Observation> gone,
        boolean expired,
        Registration next) {}
  }
}
