package io.patchbay.firmware;

import io.patchbay.northbound.Campaigns.Campaign;
import io.patchbay.northbound.Campaigns.DeviceState;
import io.patchbay.northbound.Campaigns.Reason;
import io.patchbay.northbound.Campaigns.State;
import io.patchbay.operation.Metrics.Sample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Campaigns as numbers: all that are kept, and no label but state and reason. */
final class CampaignMetrics {
  private CampaignMetrics() {}

  static List<Sample> of(Collection<Campaign> campaigns) {
    Map<State, Integer> states = new EnumMap<>(State.class);
    Map<DeviceState, Integer> devices = new EnumMap<>(DeviceState.class);
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    for (Campaign campaign : campaigns) {
      states.merge(campaign.state(), 1, Integer::sum);
      campaign.counts().forEach((state, count) -> devices.merge(state, count, Integer::sum));
      campaign.reasons().forEach((reason, count) -> reasons.merge(reason, count, Integer::sum));
    }
    List<Sample> samples = new ArrayList<>();
    for (State state : State.values()) {
      samples.add(gauge("campaigns", "Firmware campaigns that are kept.", "state", state, states));
    }
    for (DeviceState state : DeviceState.values()) {
      samples.add(
          gauge("campaign_devices", "Devices of these campaigns.", "state", state, devices));
    }
    for (Reason reason : Reason.values()) {
      if (reason != Reason.NONE) {
        samples.add(
            gauge(
                "campaign_devices_not_updated",
                "Devices that ended otherwise than updated.",
                "reason",
                reason,
                reasons));
      }
    }
    return samples;
  }

  private static <E extends Enum<E>> Sample gauge(
      String name, String help, String label, E value, Map<E, Integer> counts) {
    return Sample.gauge(
        "patchbay_" + name,
        help,
        Map.of(label, value.name().toLowerCase(Locale.ROOT)),
        counts.getOrDefault(value, 0));
  }
}
