package ${package};

import static org.apache.camel.component.netty.ChannelHandlerFactories.newDelimiterBasedFrameDecoder;
import static org.apache.camel.component.netty.ChannelHandlerFactories.newStringDecoder;
import static org.apache.camel.component.netty.ChannelHandlerFactories.newStringEncoder;

import io.netty.handler.codec.Delimiters;
import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.southbound.UplinkPort;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.netty.ChannelHandlerFactory;
import org.apache.camel.spi.Registry;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The binding: the route up from the devices, and the route down to them. */
@Component(
    immediate = true,
    service = {},
    configurationPid = "${package}")
@Designate(ocd = LineBinding.Config.class)
public final class LineBinding {

  @ObjectClassDefinition(name = "Line devices")
  @interface Config {
    @AttributeDefinition(description = "address to listen on; whoever reaches it is believed")
    String host() default "127.0.0.1";

    @AttributeDefinition(description = "TCP port, before the offset", min = "1", max = "65535")
    int port() default 7001;

    @AttributeDefinition(description = "devices connected at once, at most", min = "1")
    int devices() default 1000;

    @AttributeDefinition(description = "connections at once, at most", min = "1")
    int connections() default 1000;

    @AttributeDefinition(description = "seconds after which a silent one is closed", min = "1")
    int silenceSeconds() default 600;
  }

  private static final int LONGEST_LINE = 1024;
  private static final String OPTIONS =
      "?textline=true&encoding=UTF-8&sync=true&usingExecutorService=false"
          + "&decoders=visitors,lines,texts&encoders=octets";

  private final RunningRoutes routes;

  /**
   * @param hub so that devices are heard only while the hub takes what they say
   */
  @Activate
  public LineBinding(
      BundleContext bundle, Config config, @Reference Contexts contexts, @Reference UplinkPort hub)
      throws Exception {
    this(
        bundle,
        contexts,
        config.host(),
        config.port() + offset(bundle),
        new Devices(config.devices()),
        new Visitors(config.connections(), Duration.ofSeconds(config.silenceSeconds())));
  }

  LineBinding(
      BundleContext bundle,
      Contexts contexts,
      String host,
      int port,
      Devices devices,
      Visitors visitors)
      throws Exception {
    Arrivals arrivals = new Arrivals(devices);
    Commands commands = new Commands(devices);
    this.routes =
        contexts.start(
            bundle,
            "binding-" + LineProtocol.SCHEME,
            new RouteBuilder() {
              @Override
              public void configure() {
                Registry steps = getContext().getRegistry();
                steps.bind("visitors", visitors);
                steps.bind("lines", lines());
                steps.bind("texts", newStringDecoder(StandardCharsets.UTF_8, "tcp"));
                steps.bind("octets", newStringEncoder(StandardCharsets.UTF_8, "tcp"));
                errorHandler(noErrorHandler()); // no ok: the device sends it again
                // without threads of its own: when the hub is busy, the sockets are not read
                from("netty:tcp://" + host + ":" + port + OPTIONS)
                    .routeId(LineProtocol.SCHEME + "-up")
                    .process(arrivals::frame)
                    .to("hub:uplink")
                    .process(arrivals::acknowledge);
                from("hub:downlink?scheme=" + LineProtocol.SCHEME)
                    .routeId(LineProtocol.SCHEME + "-down")
                    .process(commands);
              }
            });
  }

  private static ChannelHandlerFactory lines() {
    return newDelimiterBasedFrameDecoder(LONGEST_LINE, Delimiters.lineDelimiter(), "tcp");
  }

  private static int offset(BundleContext bundle) {
    String offset = bundle.getProperty("patchbay.offset");
    return offset == null ? 0 : Integer.parseInt(offset);
  }

  @Deactivate
  void stop() {
    routes.close();
  }
}
