package io.patchbay.binding.lwm2m;

import io.patchbay.southbound.DeliveryId;
import io.patchbay.southbound.Frame;
import io.patchbay.southbound.Origin;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Target;
import io.patchbay.southbound.UplinkPort;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.jspecify.annotations.Nullable;

/** The step from what a device says to a frame of SenML. */
final class Ingest {
  private final UplinkPort uplink;
  private final Outbox outbox;
  private final Registry registry;
  private final LongAdder notifications = new LongAdder();

  Ingest(UplinkPort uplink, Outbox outbox, Registry registry) {
    this.uplink = uplink;
    this.outbox = outbox;
    this.registry = registry;
  }

  /** Values of one resource or more that the device reported; the newest last. */
  void heard(
      String endpoint,
      LwM2mPath path,
      List<TimestampedLwM2mNode> nodes,
      Optional<DeliveryId> delivery,
      Runnable kept) {
    SenmlPack pack = pack(endpoint);
    for (TimestampedLwM2mNode node : nodes) {
      learn(endpoint, path, node.getNode());
      pack.add(path, node.getNode(), node.getTimestamp());
    }
    heard(endpoint, pack, delivery, kept);
  }

  /** Values of several resources that the device reported together. */
  void heard(
      String endpoint, TimestampedLwM2mNodes nodes, Optional<DeliveryId> delivery, Runnable kept) {
    heard(endpoint, pack(endpoint, nodes), delivery, kept);
  }

  private void heard(
      String endpoint, SenmlPack pack, Optional<DeliveryId> delivery, Runnable kept) {
    if (!pack.isEmpty()) {
      notifications.increment();
      Frame frame = frame(endpoint, pack, Optional.empty(), delivery);
      outbox.put(
          endpoint,
          () ->
              uplink
                  .offer(frame, Duration.ZERO)
                  .whenComplete(
                      (receipt, failure) -> {
                        if (receipt != null && !(receipt instanceof Receipt.Busy)) {
                          kept.run();
                        }
                      }));
    } else {
      kept.run();
    }
  }

  /** What a device sends by itself; the stage says what became of it. */
  CompletionStage<Receipt> sent(
      String endpoint, TimestampedLwM2mNodes nodes, Optional<DeliveryId> delivery) {
    return uplink.offer(
        frame(endpoint, pack(endpoint, nodes), Optional.empty(), delivery), Duration.ZERO);
  }

  private SenmlPack pack(String endpoint, TimestampedLwM2mNodes nodes) {
    SenmlPack pack = pack(endpoint);
    for (Instant time : nodes.getTimestamps()) {
      for (Map.Entry<LwM2mPath, LwM2mNode> each : nodes.getNodesAt(time).entrySet()) {
        learn(endpoint, each.getKey(), each.getValue());
        pack.add(each.getKey(), each.getValue(), time);
      }
    }
    return pack;
  }

  /** The answer to a read. */
  Frame answer(String endpoint, LwM2mPath path, LwM2mNode node, Target target) {
    learn(endpoint, path, node);
    SenmlPack pack = pack(endpoint);
    pack.add(path, node, null);
    return frame(endpoint, pack, Optional.of(target), Optional.empty());
  }

  private static Frame frame(
      String endpoint, SenmlPack pack, Optional<Target> target, Optional<DeliveryId> delivery) {
    return new Frame(
        new Origin(Lwm2mProtocol.SCHEME, Lwm2mProtocol.LOCAL, endpoint),
        target,
        pack.octets(),
        SenmlPack.MEDIA_TYPE,
        Instant.ofEpochMilli(System.currentTimeMillis()),
        Optional.empty(),
        delivery,
        false);
  }

  private SenmlPack pack(String endpoint) {
    return new SenmlPack(path -> unit(endpoint, path));
  }

  private @Nullable String unit(String endpoint, LwM2mPath path) {
    return path.getResourceId() != null && ProfileDraft.MEASURED.contains(path.getResourceId())
        ? registry.unit(endpoint, path.toObjectInstancePath().toString())
        : null;
  }

  /** The unit that a sensor says it has holds for its other resources, until it says another. */
  private void learn(String endpoint, LwM2mPath path, LwM2mNode node) {
    if (node instanceof LwM2mObjectInstance instance) {
      LwM2mResource units = instance.getResource(ProfileDraft.SENSOR_UNITS);
      if (units != null) {
        LwM2mPath at = path.isObject() ? path.append(instance.getId()) : path;
        learn(endpoint, at.append(ProfileDraft.SENSOR_UNITS), units);
      }
    } else if (node instanceof LwM2mResource resource
        && !resource.isMultiInstances()
        && resource.getValue() instanceof String said
        && path.isResource()
        && path.getResourceId() == ProfileDraft.SENSOR_UNITS) {
      String unit = SensorUnits.senml(path.getObjectId(), said);
      if (!unit.isEmpty()) {
        registry.unit(endpoint, path.toObjectInstancePath().toString(), unit);
      }
    }
  }

  /** Notifications and answers that went up. */
  long notifications() {
    return notifications.sum();
  }
}
