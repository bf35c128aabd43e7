package io.patchbay.binding.lwm2m;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.link.lwm2m.DefaultLwM2mLinkParser;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.TimestampedLwM2mNode;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.ObservationIdentifier;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.peer.IpPeer;
import org.eclipse.leshan.core.peer.PskIdentity;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.registration.DefaultRegistrationDataExtractor;
import org.eclipse.leshan.server.registration.Deregistration;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationDataExtractor.RegistrationData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What survives the process. */
@SuppressWarnings("JavaUtilDate") // Leshan's times are such
final class RegistryTest {
  private static final ObserveResponse YES =
      ObserveResponse.success(
          new TimestampedLwM2mNode(null, LwM2mSingleResource.newFloatResource(5700, 20.5)));
  private static final ObserveResponse NO = ObserveResponse.notFound();

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static Registration registration(String id, String endpoint, int port, long updated)
      throws Exception {
    var links =
        new DefaultLwM2mLinkParser()
            .parseCoreLinkFormat(
                "</>;rt=\"oma.lwm2m\";ct=\"60 110\",</3303/0>,</3303/1>,</3>;ver=1.1"
                    .getBytes(StandardCharsets.UTF_8));
    RegistrationData data =
        new DefaultRegistrationDataExtractor().extractDataFromObjectLinks(links, LwM2mVersion.V1_1);
    return new Registration.Builder(
            id,
            endpoint,
            new IpPeer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                new PskIdentity(endpoint)),
            LogicalUris.of("coaps"))
        .lwM2mVersion(LwM2mVersion.V1_1)
        .lifeTimeInSec(60L)
        .lastUpdate(new Date(updated))
        .objectLinks(links)
        .rootPath(data.getAlternatePath())
        .supportedContentFormats(data.getSupportedContentFormats())
        .supportedObjects(data.getSupportedObjects())
        .availableInstances(data.getAvailableInstances())
        .customRegistrationData(Map.of("a", "b"))
        .build();
  }

  private static SingleObservation observation(int token, String registration, String path) {
    return new SingleObservation(
        new ObservationIdentifier(LogicalUris.of("coaps"), new byte[] {(byte) token}),
        registration,
        new LwM2mPath(path),
        null,
        Map.of("who", "hub"),
        Map.of("request", "{}"));
  }

  @Test
  void aLineThatWasCutOffIsLeftOut() throws Exception {
    Registration one = registration("r1", "dev1", 1001, System.currentTimeMillis());
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.addRegistration(one)).isNull();
    }
    Files.writeString(
        folder.resolve("registrations.jsonl"), "{\"is\":\"deregis", StandardOpenOption.APPEND);
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.getRegistration("r1")).isEqualTo(one);
      assertThat(registry.addRegistration(registration("r2", "dev2", 1002, 0))).isNull();
    }
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.size()).isEqualTo(2);
    }
  }

  @Test
  void whoIsInterruptedWhileItIsWrittenDoesNotEndIt() throws Exception {
    try (Registry registry = new Registry(folder)) {
      Thread.currentThread().interrupt();
      assertThat(registry.addRegistration(registration("r1", "dev1", 1001, 0))).isNull();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(registry.addRegistration(registration("r2", "dev2", 1002, 0))).isNull();
    }
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.size()).isEqualTo(2);
    }
  }

  @Test
  void aLineThatCannotBeReadTakesNoOtherWithIt() throws Exception {
    Files.writeString(
        folder.resolve("registrations.jsonl"),
        "{\"is\":\"registered\",\"id\":5}\nnonsense\n{\"is\":\"else\"}\n");
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.size()).isZero();
      assertThat(registry.addRegistration(registration("r1", "dev1", 1001, 0))).isNull();
    }
  }

  @Test
  void everythingIsThereAgain() throws Exception {
    Registration one = registration("r1", "dev1", 1001, System.currentTimeMillis());
    Registration two = registration("r2", "dev2", 1002, System.currentTimeMillis());
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.addRegistration(one)).isNull();
      assertThat(registry.addRegistration(two)).isNull();
      assertThat(registry.addObservation("r1", observation(1, "r1", "/3303/0/5700"), false))
          .isEmpty();
      assertThat(registry.addObservation("r1", observation(2, "r1", "/3303/1/5700"), false))
          .isEmpty();
      assertThat(registry.addObservation("r1", observation(3, "r1", "/3303/2/5700"), false))
          .isEmpty();
      registry.answered(one, List.of(new LwM2mPath("/3303/0/5700")), YES);
      registry.answered(one, List.of(new LwM2mPath("/3303/1/5700")), YES);
      assertThat(registry.removeObservation("r1", observation(2, "r1", "/3303/1/5700").getId()))
          .isNotNull();
      assertThat(registry.removeRegistration("r2")).isNotNull();
      registry.unit("dev1", "/3303/0", "degF");
    }
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.all()).containsExactly(one);
      assertThat(registry.getRegistrationByIdentity(new PskIdentity("dev1"))).isEqualTo(one);
      assertThat(registry.getObservations("r1"))
          .containsExactly(observation(1, "r1", "/3303/0/5700"));
      assertThat(registry.unit("dev1", "/3303/0")).isEqualTo("degF");
    }
  }

  @Test
  void whoComesAgainDropsWhatWasObserved() throws Exception {
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.addRegistration(registration("r1", "dev1", 1001, 0))).isNull();
      assertThat(registry.addObservation("r1", observation(1, "r1", "/3303/0/5700"), false))
          .isEmpty();
      Deregistration before = registry.addRegistration(registration("r2", "dev1", 1003, 0));
      assertThat(before).isNotNull();
      assertThat(before.getObservations()).hasSize(1);
      assertThat(registry.getRegistration("r1")).isNull();
      assertThat(
              registry.getRegistrationByAdress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 1001)))
          .isNull();
    }
  }

  @Test
  void anObservationOfTheSamePathTakesThePlaceOfTheOneBefore() throws Exception {
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.addRegistration(registration("r1", "dev1", 1001, 0))).isNull();
      assertThat(registry.addObservation("r1", observation(1, "r1", "/3303/0/5700"), false))
          .isEmpty();
      assertThat(registry.addObservation("r1", observation(2, "r1", "/3303/0/5700"), false))
          .containsExactly(observation(1, "r1", "/3303/0/5700"));
      assertThat(registry.observations()).isEqualTo(1);
    }
  }

  @Test
  void whatWasNotAnsweredIsNotObserved() throws Exception {
    Registration one = registration("r1", "dev1", 1001, System.currentTimeMillis());
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.addRegistration(one)).isNull();
      assertThat(registry.addObservation("r1", observation(1, "r1", "/3303/0/5700"), false))
          .isEmpty();
      assertThat(registry.getObservations("r1")).hasSize(1);
      registry.answered(one, List.of(new LwM2mPath("/3303/0/5700")), NO);
      assertThat(registry.getObservations("r1")).isEmpty();
      assertThat(registry.getObservation(observation(1, "r1", "").getId())).isNull();
    }
  }

  /** A device that is told that nobody knows what it says may forget what it was asked since. */
  @Test
  void whatADeviceSaysUnderAnEarlierObservationCountsForAWhile() throws Exception {
    AtomicLong nanos = new AtomicLong();
    Registration one = registration("r1", "dev1", 1001, System.currentTimeMillis());
    SingleObservation first = observation(1, "r1", "/3303/0/5700");
    SingleObservation second = observation(2, "r1", "/3303/0/5700");
    SingleObservation third = observation(3, "r1", "/3303/0/5700");
    SingleObservation given = observation(4, "r1", "/3303/1/5700");
    SingleObservation other = observation(5, "r1", "/3303/2/5700");
    try (Registry registry = new Registry(folder, nanos::get)) {
      assertThat(registry.addRegistration(one)).isNull();
      var unused = registry.addObservation("r1", first, false);
      registry.answered(one, List.of(first.getPath()), null);
      assertThat(registry.getObservations("r1")).isEmpty();
      unused = registry.addObservation("r1", second, false);
      assertThat(registry.removeObservation("r1", second.getId())).isEqualTo(second);
      unused = registry.addObservation("r1", third, false);
      registry.answered(one, List.of(third.getPath()), YES);
      unused = registry.addObservation("r1", given, false);
      registry.answered(one, List.of(given.getPath()), YES);
      assertThat(registry.removeObservation("r1", given.getId())).isEqualTo(given);
      unused = registry.addObservation("r1", other, false);
    }
    try (Registry registry = new Registry(folder, nanos::get)) {
      assertThat(registry.getObservations("r1")).containsExactly(third);
      for (SingleObservation known : List.of(first, second, third, other)) {
        assertThat(registry.getObservation("r1", known.getId())).isEqualTo(known);
        assertThat(registry.getObservation(known.getId())).isEqualTo(known);
      }
      assertThat(registry.removeObservation("r1", first.getId())).isNull();
      assertThat(registry.getObservation(given.getId())).isNull();
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(93));
      registry.look();
      for (SingleObservation late : List.of(first, second, other)) {
        assertThat(registry.getObservation(late.getId())).isNull();
      }
      assertThat(registry.getObservation(third.getId())).isEqualTo(third);
    }
  }

  /** To itself it has registered once; one that comes from elsewhere has begun anew. */
  @Test
  void whatADeviceSaysWhileItRepeatsItsRegistrationCountsForAWhile() throws Exception {
    AtomicLong nanos = new AtomicLong();
    long now = System.currentTimeMillis();
    Registration one = registration("r1", "dev1", 1001, now);
    Registration elsewhere = registration("r3", "dev2", 1002, now);
    SingleObservation early = observation(1, "r1", "/3303/0/5700");
    SingleObservation gone = observation(2, "r3", "/3303/0/5700");
    SingleObservation unanswered = observation(3, "r1", "/3303/1/5700");
    try (Registry registry = new Registry(folder, nanos::get)) {
      assertThat(registry.addRegistration(one)).isNull();
      var unused = registry.addObservation("r1", early, false);
      registry.answered(one, List.of(early.getPath()), YES);
      unused = registry.addObservation("r1", unanswered, false);
      registry.answered(one, List.of(unanswered.getPath()), null);
      assertThat(registry.addRegistration(registration("r2", "dev1", 1001, now))).isNotNull();
      assertThat(registry.addRegistration(elsewhere)).isNull();
      unused = registry.addObservation("r3", gone, false);
      assertThat(registry.addRegistration(registration("r4", "dev2", 1003, now))).isNotNull();
      assertThat(registry.getObservations("r2")).isEmpty();
      assertThat(registry.getObservation("r2", early.getId())).isNotNull();
    }
    try (Registry registry = new Registry(folder, nanos::get)) {
      for (SingleObservation known : List.of(early, unanswered)) {
        assertThat(registry.getObservation(known.getId()))
            .isNotNull()
            .extracting(Observation::getRegistrationId)
            .isEqualTo("r2");
      }
      assertThat(registry.getObservation(gone.getId())).isNull();
      nanos.addAndGet(TimeUnit.SECONDS.toNanos(93));
      registry.look();
      assertThat(registry.getObservation(early.getId())).isNull();
    }
  }

  @Test
  void onlyWhatIsDueExpires() throws Exception {
    List<String> expired = new ArrayList<>();
    try (Registry registry = new Registry(folder)) {
      registry.setExpirationListener((one, gone) -> expired.add(one.getEndpoint()));
      assertThat(registry.addRegistration(registration("r1", "dev1", 1001, 0))).isNull();
      assertThat(
              registry.addRegistration(
                  registration("r2", "dev2", 1002, System.currentTimeMillis())))
          .isNull();
      registry.look();
      assertThat(expired).containsExactly("dev1");
      assertThat(registry.getRegistration("r2")).isNotNull();
    }
  }

  @Test
  void theFileIsWrittenAnewWhenItHoldsMostlyWhatIsOutdated() throws Exception {
    try (Registry registry = new Registry(folder)) {
      for (int i = 0; i < 10_000; i++) {
        var unused =
            registry.addRegistration(
                registration("r" + i, "dev1", 1001, System.currentTimeMillis()));
      }
      registry.look();
      assertThat(Files.readAllLines(folder.resolve("registrations.jsonl"))).hasSize(1);
      assertThat(registry.addRegistration(registration("r", "dev2", 1002, 0))).isNull();
    }
    try (Registry registry = new Registry(folder)) {
      assertThat(registry.size()).isEqualTo(2);
    }
  }
}
