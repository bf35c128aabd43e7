package io.patchbay.binding.modbus;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import org.apache.camel.builder.RouteBuilder;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** The binding: the route down. Devices speak only when they are asked, so there is none up. */
@Component(
    immediate = true,
    service = {})
public final class ModbusBinding {
  private final RunningRoutes routes;

  @Activate
  public ModbusBinding(BundleContext bundle, @Reference Contexts contexts, @Reference Buses buses)
      throws Exception {
    Downlink downlink = new Downlink(buses);
    routes =
        contexts.start(
            bundle,
            "binding-modbus",
            new RouteBuilder() {
              @Override
              public void configure() {
                from("hub:downlink?scheme=" + ModbusProtocol.SCHEME)
                    .routeId("modbus-down")
                    .process(downlink);
              }
            });
  }

  @Deactivate
  void stop() {
    routes.close();
  }
}
