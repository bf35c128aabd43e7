package io.patchbay.binding.coap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.patchbay.dtls.Shown;
import io.patchbay.profile.DataSchema;
import io.patchbay.profile.Form;
import io.patchbay.profile.Keeping;
import io.patchbay.profile.Op;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Property;
import io.patchbay.southbound.Receipt;
import io.patchbay.southbound.Rejection;
import io.patchbay.testkit.RecordingUplinkPort;
import io.patchbay.testkit.camel.PlainContexts;
import io.patchbay.thing.Thing;
import io.patchbay.thing.Uplink;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The resource directory, and what the hub is told of who registers. */
final class DirectoryTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String LINKS = "</state>;rt=\"temperature\";obs,</echo>;ct=0";

  private Path folder = Path.of("target");
  private final RecordingUplinkPort hub = new RecordingUplinkPort();
  private final FakeStore store = new FakeStore();
  private final int port = Requests.freePort();
  private final int devicePort = Requests.freePort();
  private final Device device = new Device(port, devicePort);
  private CoapBinding binding;

  DirectoryTest() throws Exception {}

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    start(List.of());
  }

  private void start(List<String> discover) throws Exception {
    Profile profile = profile();
    binding =
        new CoapBinding(
            PlainContexts.NO_BUNDLE,
            new DoorSettings(
                "127.0.0.1",
                port,
                -1,
                8_192,
                Optional.empty(),
                "",
                Optional.empty(),
                folder,
                discover),
            () -> () -> {},
            new PlainContexts(hub, Map.of()),
            hub,
            Requests.things(),
            () -> Map.of("probe", profile),
            store,
            store,
            store);
    binding.changed(Set.of(Requests.interest("tele/{device}/value", "text/plain")));
    await().atMost(LIMIT).until(() -> binding.port() == port);
  }

  @AfterEach
  void stop() throws Exception {
    binding.stop();
    device.close();
    hub.close();
  }

  private static Profile profile() {
    Form form =
        new Form(
            "coap",
            Set.of(Op.OBSERVE, Op.READ),
            "text/plain",
            Map.of("resource", "state", "observe", "true"));
    Property value =
        new Property(
            "value",
            "Value",
            "",
            DataSchema.of(DataSchema.Type.INTEGER),
            true,
            Optional.empty(),
            Optional.empty(),
            List.of(form),
            Keeping.ALL,
            Optional.empty(),
            Optional.empty());
    return new Profile(
        "probe",
        "1",
        "Probe",
        "probe-{device}",
        List.of(),
        Map.of("value", value),
        Map.of(),
        Map.of(),
        List.of(),
        true);
  }

  private Response ask(Code code, String path, List<String> queries, String payload)
      throws Exception {
    Request request = new Request(code);
    request.getOptions().setUriPath(path);
    queries.forEach(request.getOptions()::addUriQuery);
    if (!payload.isEmpty()) {
      request.getOptions().setContentFormat(ContentFormats.LINKS);
      request.setPayload(payload.getBytes(StandardCharsets.UTF_8));
    }
    Response response = device.ask(request);
    assertThat(response).isNotNull();
    return response;
  }

  private String register(String query, String... more) throws Exception {
    List<String> queries = new java.util.ArrayList<>(List.of(more));
    queries.add(query);
    Response response = ask(Code.POST, "rd", queries, LINKS);
    assertThat(response.getCode()).as(response.getPayloadString()).isEqualTo(ResponseCode.CREATED);
    return response.getOptions().getLocationPathString();
  }

  private String lookup(String what, String... queries) throws Exception {
    Response response = ask(Code.GET, "rd-lookup/" + what, List.of(queries), "");
    assertThat(response.getCode()).isEqualTo(ResponseCode.CONTENT);
    assertThat(response.getOptions().getContentFormat()).isEqualTo(ContentFormats.LINKS);
    return response.getPayloadString();
  }

  private List<Thing> introduced() {
    return hub.offers().stream()
        .flatMap(offer -> offer.uplinks().stream())
        .filter(Uplink.Discovered.class::isInstance)
        .map(uplink -> ((Uplink.Discovered) uplink).device())
        .toList();
  }

  @Test
  void refusesWhatIsNoRegistration() throws Exception {
    assertThat(ask(Code.POST, "rd", List.of(), LINKS).getPayloadString()).contains("ep=NAME");
    for (String bad : List.of("</a", "<a>;", "<a>;x=\"", "a", "</a>,,", "</a>;=1")) {
      Response response = ask(Code.POST, "rd", List.of("ep=n"), bad);
      assertThat(response.getCode()).as(bad).isEqualTo(ResponseCode.BAD_REQUEST);
    }
    for (String bad : List.of("lt=0", "lt=x", "lt=99999999999", "base=coap://10.0.0.1:5683")) {
      Response response = ask(Code.POST, "rd", List.of("ep=n", bad), LINKS);
      assertThat(response.getCode()).as(bad).isEqualTo(ResponseCode.BAD_REQUEST);
    }
    String many = "</a>" + ",</a>".repeat(ResourceDirectory.LINKS);
    assertThat(ask(Code.POST, "rd", List.of("ep=n"), many).getPayloadString()).contains("256");
    assertThat(ask(Code.GET, "rd", List.of(), "").getCode())
        .isEqualTo(ResponseCode.METHOD_NOT_ALLOWED);
    assertThat(ask(Code.POST, "rd/0000", List.of(), "").getCode())
        .isEqualTo(ResponseCode.NOT_FOUND);
    assertThat(lookup("ep")).isEmpty();
    assertThat(hub.offers()).isEmpty();
  }

  @Test
  void whomTheHubDoesNotAdmitIsForbidden() throws Exception {
    hub.answer(offer -> new Receipt.Rejected(Rejection.NOT_ADMITTED, "onboarding = reject"));

    assertThat(ask(Code.POST, "rd", List.of("ep=n7"), LINKS).getCode())
        .isEqualTo(ResponseCode.FORBIDDEN);
    assertThat(lookup("ep")).isEmpty();
  }

  @Test
  void introducesWhoHasTheResourcesOfAProfile() throws Exception {
    String base = "coap://127.0.0.1:" + devicePort;
    String location = register("ep=n7", "lt=600", "base=" + base, "d=floor1");

    assertThat(introduced())
        .singleElement()
        .satisfies(
            thing -> {
              assertThat(thing.id().value()).isEqualTo("probe-n7");
              assertThat(thing.base()).isEqualTo(URI.create(base));
              assertThat(thing.profile()).isEqualTo("probe");
              assertThat(thing.terms()).isEqualTo(Map.of("device", "n7"));
            });
    assertThat(lookup("ep", "ep=n7"))
        .isEqualTo(
            "</"
                + location
                + ">;ep=\"n7\";d=\"floor1\";base=\""
                + base
                + "\";lt=\"600\";rt=\"core.rd-ep\"");
    assertThat(lookup("res", "rt=temp*")).isEqualTo("<" + base + "/state>;rt=\"temperature\";obs");
    assertThat(lookup("res", "ep=n7", "count=1", "page=1")).startsWith("<" + base + "/echo>");
    assertThat(lookup("res", "ep=other")).isEmpty();
  }

  @Test
  void whoHasOthersIsInTheDirectoryAlone() throws Exception {
    assertThat(ask(Code.POST, "rd", List.of("ep=n8"), "</other>").getCode())
        .isEqualTo(ResponseCode.CREATED);
    assertThat(introduced()).isEmpty();
    assertThat(lookup("ep")).contains("n8");
  }

  @Test
  void registersAgainAtTheSamePlaceIsChangedAndGoes() throws Exception {
    String location = register("ep=n7", "lt=600");
    assertThat(register("ep=n7", "lt=700")).isEqualTo(location);
    assertThat(lookup("ep")).containsOnlyOnce("n7").contains("lt=\"700\"");

    assertThat(ask(Code.POST, location, List.of("lt=800"), "").getCode())
        .isEqualTo(ResponseCode.CHANGED);
    assertThat(lookup("ep")).contains("lt=\"800\"");

    assertThat(ask(Code.DELETE, location, List.of(), "").getCode()).isEqualTo(ResponseCode.DELETED);
    assertThat(lookup("ep")).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void goesWhenItsLifetimeEnds() throws Exception {
    register("ep=short", "lt=1");
    register("ep=long");

    await().atMost(LIMIT).until(() -> !lookup("ep").contains("short"));
    assertThat(lookup("ep")).contains("long").contains("lt=\"90000\"");
  }

  @Test
  void isThereAfterARestart() throws Exception {
    String location = register("ep=n7", "lt=600");
    Files.writeString(folder.resolve("damaged.link"), "nothing");
    String before = lookup("ep");
    binding.stop();
    start(List.of());

    assertThat(lookup("ep")).isEqualTo(before).contains(location);
  }

  @Test
  void simpleRegistrationAsksTheEndpoint() throws Exception {
    Response response = ask(Code.POST, ".well-known/rd", List.of("ep=n7"), "");

    assertThat(response.getCode()).isEqualTo(ResponseCode.CHANGED);
    // the client of this device serves nothing: nobody is put into the directory for that
    assertThat(lookup("ep")).isEmpty();

    Request request = new Request(Code.POST);
    request.getOptions().setUriPath(".well-known/rd").addUriQuery("ep=n8");
    assertThat(device.askFromItsResources(request).getCode()).isEqualTo(ResponseCode.CHANGED);
    await().atMost(LIMIT).until(() -> lookup("res", "ep=n8").contains("/state>"));
    assertThat(introduced())
        .singleElement()
        .extracting(thing -> thing.id().value(), Thing::base)
        .containsExactly("probe-n8", URI.create("coap://127.0.0.1:" + devicePort));
  }

  @Test
  void oneMoreThanThereIsRoomForIsToldToComeAgain() throws Exception {
    String location = register("ep=n0", "lt=86400");
    Path first = folder.resolve(location.substring(3) + ".link");
    Registration pattern = Registration.of(Files.readString(first));
    binding.stop();
    for (int i = 1; i < ResourceDirectory.ENDPOINTS; i++) {
      Registration other =
          new Registration(
              "n" + i, "", 86_400, pattern.base(), true, pattern.more(), pattern.links());
      Files.writeString(folder.resolve(other.id() + ".link"), other.text());
    }
    start(List.of());

    Response full = ask(Code.POST, "rd", List.of("ep=more"), LINKS);
    assertThat(full.getCode()).isEqualTo(ResponseCode.SERVICE_UNAVAILABLE);
    assertThat(full.getOptions().hasMaxAge()).isTrue();
    assertThat(full.getPayloadString()).contains("10000");
    assertThat(register("ep=n0", "lt=600")).as("who is in it").isEqualTo(location);
    assertThat(ask(Code.DELETE, location, List.of(), "").getCode()).isEqualTo(ResponseCode.DELETED);
    register("ep=more");
    assertThat(lookup("ep", "ep=more")).contains("more");
  }

  @Test
  void asksKnownAddressesWhatTheyHave() throws Exception {
    binding.stop();
    start(List.of("coap://127.0.0.1:" + devicePort));

    await().atMost(LIMIT).until(() -> !introduced().isEmpty());
    assertThat(introduced().get(0).base()).isEqualTo(URI.create("coap://127.0.0.1:" + devicePort));
    assertThat(introduced().get(0).id().value()).isEqualTo("probe-127.0.0.1-" + devicePort);
    await().atMost(LIMIT).until(() -> lookup("res").contains("/state"));
  }

  @Test
  void overDtlsADeviceRegistersOnlyItself() {
    Rights rights = new Rights(store);
    var peer =
        new org.eclipse.californium.elements.AddressEndpointContext(
            new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), 1),
            new org.eclipse.californium.elements.auth.PreSharedKeyIdentity("n7")
                .amend(Shown.WITH_SESSION.getInfo(null, new Shown("n7", () -> true))));

    assertThat(rights.refusal(peer, Access.Use.REGISTER, "n7")).isEmpty();
    assertThat(rights.refusal(peer, Access.Use.REGISTER, "n8")).isPresent();
    assertThat(rights.refusal(peer, Access.Use.READ, "patchbay/things/n7/properties/t")).isEmpty();
    assertThat(rights.refusal(peer, Access.Use.READ, "patchbay/things/n8/properties/t"))
        .isPresent();
    store.allowReading("n7", "patchbay/things/+/properties/#");
    rights.changed();
    assertThat(rights.refusal(peer, Access.Use.READ, "patchbay/things/n8/properties/t")).isEmpty();
  }
}
