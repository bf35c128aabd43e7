package io.patchbay.northbound.rest;

import io.patchbay.northbound.Campaigns;
import io.patchbay.northbound.RefusedException;
import io.patchbay.thing.ThingId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;

/** Campaigns in which nothing happens by itself. */
final class FakeCampaigns implements Campaigns {
  final Map<String, Campaign> campaigns = new ConcurrentSkipListMap<>();

  private static <T> CompletionStage<T> refused(String words) {
    return CompletableFuture.failedFuture(new RefusedException(words));
  }

  private CompletionStage<Campaign> put(Plan plan, State state, String by, String rollbackOf) {
    Campaign one =
        new Campaign(
            plan,
            "1.1",
            state,
            "",
            by,
            FakeRooms.TIME,
            Optional.empty(),
            1,
            5,
            20,
            Map.of(DeviceState.WAITING, 18, DeviceState.FAILED, 2),
            Map.of(Reason.OLD_IMAGE, 2),
            Optional.of(rollbackOf).filter(text -> !text.isEmpty()));
    campaigns.put(plan.id(), one);
    return CompletableFuture.completedFuture(one);
  }

  private CompletionStage<Campaign> become(String id, State state, String by) {
    Campaign present = campaigns.get(id);
    return present == null || present.state().ended()
        ? refused("'" + id + "' has ended")
        : put(present.plan(), state, by, "");
  }

  @Override
  public CompletionStage<List<Campaign>> list() {
    return CompletableFuture.completedFuture(List.copyOf(campaigns.values()));
  }

  @Override
  public CompletionStage<Optional<Campaign>> find(String id) {
    return CompletableFuture.completedFuture(Optional.ofNullable(campaigns.get(id)));
  }

  @Override
  public CompletionStage<Optional<List<Device>>> devices(
      String id, Optional<DeviceState> state, int skip, int limit) {
    Device device =
        new Device(
            new ThingId("plug1"),
            state.orElse(DeviceState.WAITING),
            Reason.OLD_IMAGE,
            "skipped " + skip + " of " + limit,
            FakeRooms.TIME,
            "1.0",
            1);
    return CompletableFuture.completedFuture(
        Optional.ofNullable(campaigns.get(id)).map(one -> List.of(device)));
  }

  @Override
  public CompletionStage<Optional<History>> history(String id, ThingId thing) {
    Device device =
        new Device(
            thing, DeviceState.DELIVERING, Reason.NONE, "broke off", FakeRooms.TIME, "1.0", 1);
    Passage passage =
        new Passage(FakeRooms.TIME, DeviceState.DELIVERING, Reason.NONE, "broke off once");
    return CompletableFuture.completedFuture(
        thing.value().equals("plug1")
            ? Optional.of(new History(device, List.of(passage)))
            : Optional.empty());
  }

  @Override
  public CompletionStage<Campaign> start(Plan plan, String by) {
    return plan.firmware().equals("none")
        ? refused("there is no package 'none'")
        : put(plan, State.RUNNING, by, "");
  }

  @Override
  public CompletionStage<Campaign> pause(String id, String by) {
    return become(id, State.PAUSED, by);
  }

  @Override
  public CompletionStage<Campaign> resume(String id, String by) {
    return become(id, State.RUNNING, by);
  }

  @Override
  public CompletionStage<Campaign> abort(String id, String by) {
    return become(id, State.ABORTED, by);
  }

  @Override
  public CompletionStage<Campaign> rollBack(String id, String newId, String packageId, String by) {
    Plan plan = campaigns.values().iterator().next().plan();
    return put(
        new Plan(newId, packageId, plan.devices(), plan.pace(), plan.limits()),
        State.RUNNING,
        by,
        id);
  }

  @Override
  public CompletionStage<Boolean> remove(String id) {
    return CompletableFuture.completedFuture(campaigns.remove(id) != null);
  }
}
