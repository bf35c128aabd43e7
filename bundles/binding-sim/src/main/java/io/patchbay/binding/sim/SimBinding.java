package io.patchbay.binding.sim;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Request;
import io.patchbay.southbound.UplinkPort;
import io.patchbay.thing.Thing;
import io.patchbay.thing.ThingId;
import io.patchbay.thing.Uplink;
import io.patchbay.thing.Uplink.Discovered;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The binding: the route down to the simulated devices. They are polled, so there is none up. */
@Component(
    immediate = true,
    service = {},
    configurationPid = "io.patchbay.binding.sim")
@Designate(ocd = SimBinding.Config.class)
public final class SimBinding {

  @ObjectClassDefinition(name = "Simulated devices")
  @interface Config {
    @AttributeDefinition(
        description = "how many simulated devices announce themselves, 0 to 10000",
        min = "0",
        max = "10000")
    int things() default 3;

    @AttributeDefinition(description = "id of the profile that they announce themselves with")
    String profile() default "sim-sensor";
  }

  private final RunningRoutes routes;

  @Activate
  public SimBinding(
      BundleContext bundle,
      Config config,
      @Reference Contexts contexts,
      @Reference UplinkPort uplink)
      throws Exception {
    SimDevices devices = new SimDevices(Clock.systemUTC());
    this.routes =
        contexts.start(
            bundle,
            "binding-sim",
            new RouteBuilder() {
              @Override
              public void configure() {
                from("hub:downlink?scheme=" + SimProtocol.SCHEME)
                    .routeId("sim-down")
                    .process(new DownRoute(devices));
              }
            });
    if (config.things() > 0) {
      uplink.offer(
          new Origin(SimProtocol.SCHEME, "local", "announcement"),
          announcements(config, Instant.now()),
          Duration.ofSeconds(1));
    }
  }

  /** The one step of the route; it holds no thread while a device is silent. */
  private static final class DownRoute extends AsyncProcessorSupport {
    private final SimDevices devices;

    private DownRoute(SimDevices devices) {
      this.devices = devices;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      Request request = exchange.getMessage().getBody(Request.class);
      devices
          .answer(request)
          .thenAccept(
              answer -> {
                exchange.getMessage().setBody(answer);
                callback.done(false);
              });
      return false;
    }
  }

  private static List<Uplink> announcements(Config config, Instant now) {
    return IntStream.rangeClosed(1, config.things())
        .<Uplink>mapToObj(
            number ->
                new Discovered(
                    new Thing(
                        new ThingId("sim-" + number),
                        URI.create("sim://local"),
                        config.profile(),
                        Map.of("device", "sim-" + number),
                        Map.of()),
                    now,
                    now))
        .toList();
  }

  @Deactivate
  void stop() {
    routes.close();
  }
}
