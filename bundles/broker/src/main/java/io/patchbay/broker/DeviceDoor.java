package io.patchbay.broker;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.condition.Condition;

/**
 * Opens the broker to devices once the hub's durable subscription is there. It does not close when
 * the condition goes: what devices send then waits in that subscription.
 */
@Component(service = DeviceDoor.class, immediate = true)
public final class DeviceDoor {
  @Activate
  public DeviceDoor(
      @Reference Broker broker,
      @Reference(target = "(&(osgi.condition.id=patchbay.mqtt.subscribed)(connection=local))")
          Condition subscribed) {
    broker.hubHasSubscribed();
  }
}
