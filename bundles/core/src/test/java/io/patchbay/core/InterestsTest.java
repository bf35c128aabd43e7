package io.patchbay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.profile.Profile;
import io.patchbay.southbound.Interest;
import io.patchbay.southbound.InterestListener;
import io.patchbay.southbound.LaneSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InterestsTest {
  private final TestHub test = new TestHub();

  @AfterEach
  void close() {
    test.close();
  }

  @Test
  void tellsWhatToListenForAtRegistrationAndAfterChangesOnly() {
    List<Set<Interest>> told = new CopyOnWriteArrayList<>();
    InterestListener listener = told::add;
    test.hub.listen("mqtt", listener);
    await().untilAsserted(() -> assertThat(told).hasSize(1));
    assertThat(told.get(0).stream().map(interest -> interest.form().required("topic")))
        .contains("tele/{device}/s", "tele/{device}/lwt")
        .doesNotContain("cmnd/{device}/limit", "ask/{device}/limit");
    assertThat(told.get(0)).allMatch(Interest::journal);
    test.registered("p1");
    test.hub.profiles(Map.of());
    await().untilAsserted(() -> assertThat(told).hasSize(2));
    assertThat(told.get(1)).isEmpty();
  }

  @Test
  void tellsWhatIsNotKept() {
    List<Set<Interest>> told = new CopyOnWriteArrayList<>();
    test.hub.listen("mqtt", told::add);
    await().untilAsserted(() -> assertThat(told).hasSize(1));
    Profile plug = TestHub.plug("1");
    test.hub.profiles(
        Map.of(
            "plug",
            new Profile(
                plug.id(),
                "2",
                plug.title(),
                plug.thing(),
                plug.match(),
                plug.properties(),
                plug.actions(),
                plug.events(),
                plug.status(),
                false)));
    await().untilAsserted(() -> assertThat(told).hasSize(2));
    assertThat(told.get(1)).hasSameSizeAs(told.get(0)).noneMatch(Interest::journal);
  }

  /** A set without the forms of a protocol that just came would open the doors too early. */
  @Test
  void nothingIsKnownBeforeTheFormsOfAProtocolAreCompiled() {
    Ports ports = new Ports();
    Directory directory = new Directory();
    Catalogue catalogue = new Catalogue(ports, new PairsMediaTypes(), directory);
    Interests interests = new Interests(catalogue, directory, test.hub.schedule);
    catalogue.change(Map.of("plug", TestHub.plug("1")));
    ports.add(new TestHub.TestProtocol(new LaneSpec("one", 1, Duration.ZERO, 4)));
    assertThat(interests.of("mqtt")).isEmpty();
    catalogue.change(Map.of("plug", TestHub.plug("1")));
    catalogue.recompile("coap");
    assertThat(interests.of("mqtt")).isEmpty();
    catalogue.recompile("mqtt");
    assertThat(interests.of("mqtt")).get().satisfies(all -> assertThat(all).isNotEmpty());
  }
}
