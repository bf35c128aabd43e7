package io.patchbay.northbound.rest;

import io.patchbay.access.Audit;
import io.patchbay.access.DeviceCredentials;
import io.patchbay.access.Secrets;
import io.patchbay.access.Tokens;
import io.patchbay.deployment.Deployer;
import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.Commands;
import io.patchbay.northbound.DesiredValues;
import io.patchbay.northbound.Feed;
import io.patchbay.northbound.FirmwarePackages;
import io.patchbay.northbound.Lifecycles;
import io.patchbay.northbound.Recorder;
import io.patchbay.northbound.Rejections;
import io.patchbay.northbound.Things;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Health;
import io.patchbay.operation.Metrics;
import io.patchbay.operation.Recordings;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.FirmwareDownloads;
import io.patchbay.store.Journal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;

/**
 * The services of the other rooms, as they come and go: while one is away, what needs it answers
 * 503 and everything else, health above all, goes on.
 */
final class Rooms {
  private final Map<Class<?>, ServiceTracker<?, ?>> trackers = new LinkedHashMap<>();

  Rooms(BundleContext context) {
    List<Class<?>> types =
        List.of(
            Tokens.class,
            Things.class,
            Lifecycles.class,
            Commands.class,
            Feed.class,
            Rejections.class,
            DesiredValues.class,
            Recorder.class,
            Recordings.class,
            Journal.class,
            Profiles.class,
            Deployer.class,
            FirmwarePackages.class,
            Campaigns.class,
            FirmwareDownloads.class,
            Documents.class,
            DeviceCredentials.class,
            Secrets.class,
            Audit.class,
            Health.class,
            Metrics.class);
    for (Class<?> type : types) {
      ServiceTracker<?, ?> tracker = new ServiceTracker<>(context, type.getName(), null);
      tracker.open();
      trackers.put(type, tracker);
    }
  }

  void close() {
    trackers.values().forEach(ServiceTracker::close);
  }

  private ServiceTracker<?, ?> tracker(Class<?> type) {
    ServiceTracker<?, ?> tracker = trackers.get(type);
    if (tracker == null) {
      throw new IllegalArgumentException(type + " is not tracked");
    }
    return tracker;
  }

  <T> Optional<T> find(Class<T> type) {
    return Optional.ofNullable(type.cast(tracker(type).getService()));
  }

  private <T> T need(Class<T> type, String what) {
    return find(type)
        .orElseThrow(
            () ->
                Problem.of(503, what + " is not running now; /health says why, try again later")
                    .with("Retry-After", "5"));
  }

  private <T> List<T> all(Class<T> type) {
    List<T> all = new ArrayList<>();
    Object[] services = tracker(type).getServices();
    if (services != null) {
      for (Object service : services) {
        all.add(type.cast(service));
      }
    }
    return all;
  }

  Tokens tokens() {
    return need(Tokens.class, "the check of tokens");
  }

  Things things() {
    return need(Things.class, "the directory of things");
  }

  Lifecycles lifecycles() {
    return need(Lifecycles.class, "the directory of things");
  }

  Commands commands() {
    return need(Commands.class, "the way down to devices");
  }

  Feed feed() {
    return need(Feed.class, "the live feed");
  }

  Rejections rejections() {
    return need(Rejections.class, "the list of rejected frames");
  }

  DesiredValues desired() {
    return need(DesiredValues.class, "the room of desired values");
  }

  Recorder recorder() {
    return need(Recorder.class, "the recorder");
  }

  Recordings recordings() {
    return need(Recordings.class, "the room that writes recordings");
  }

  Journal journal() {
    return need(Journal.class, "the journal");
  }

  Profiles profiles() {
    return need(Profiles.class, "the profiles");
  }

  Deployer deployer() {
    return need(Deployer.class, "the deployer");
  }

  FirmwarePackages firmware() {
    return need(FirmwarePackages.class, "the store of firmware");
  }

  Campaigns campaigns() {
    return need(Campaigns.class, "the room of campaigns");
  }

  DeviceCredentials credentials() {
    return need(DeviceCredentials.class, "the store of device credentials");
  }

  Secrets secrets() {
    return need(Secrets.class, "the store of secrets");
  }

  Audit audit() {
    return need(Audit.class, "the audit");
  }

  List<Health> health() {
    return all(Health.class);
  }

  List<Metrics> metrics() {
    return all(Metrics.class);
  }

  /**
   * @param kind {@code profile} or {@code route}
   */
  Documents documents(String kind) {
    for (Map.Entry<?, ?> entry : tracker(Documents.class).getTracked().entrySet()) {
      if (entry.getKey() instanceof ServiceReference<?> reference
          && kind.equals(reference.getProperty(Documents.KIND))
          && entry.getValue() instanceof Documents documents) {
        return documents;
      }
    }
    throw Problem.of(503, "the room of the " + kind + "s is not running now; /health says why")
        .with("Retry-After", "5");
  }
}
