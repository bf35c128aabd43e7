package io.patchbay.itests.enterprise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import io.patchbay.itests.Examples;
import io.patchbay.itests.Mosquitto;
import io.patchbay.itests.RunningHub;
import io.patchbay.itests.bench.MqttPeer;
import jakarta.jms.Connection;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.mail.internet.MimeMessage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.tahu.message.SparkplugBPayloadDecoder;
import org.eclipse.tahu.message.model.Metric;
import org.eclipse.tahu.message.model.SparkplugBPayload;
import org.eclipse.tahu.model.MetricDataTypeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example routes to and from enterprise systems, each against the real one, on one hub: their
 * components are loaded when the route comes.
 */
final class EnterpriseJourneyTest {
  private static final String PASSWORD = "p4ss $word";
  private static final String KAFKA = "io.patchbay.wrap.camel.kafka";

  private static final String EVENTS =
      """
      id: alarm-button
      title: A button that reports
      thing: "{device}"
      match: [ { protocol: mqtt, topic: "alarm/{device}/pressed" } ]
      events:
        pressed: { data: { floor: { type: integer } }, forms: [ { protocol: mqtt, topic: "alarm/{device}/pressed" } ] }
      """;

  private static KafkaPeer kafka;
  private static PostgresPeer postgres;
  private static ArtemisPeer artemis;
  private static GreenMail mail;
  private static SftpPeer files;
  private static Mosquitto scada;
  private static int commandsPort;
  private static RunningHub hub;
  private static Examples examples;

  /** What can fail. */
  @FunctionalInterface
  private interface Start<T> {
    T peer() throws Exception;
  }

  private static <T> CompletableFuture<T> begin(Start<T> start) {
    CompletableFuture<T> begun = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                begun.complete(start.peer());
              } catch (Exception | LinkageError e) {
                begun.completeExceptionally(e);
              }
            },
            "peer");
    thread.start();
    return begun;
  }

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    CompletableFuture<PostgresPeer> postgresStarts = begin(() -> PostgresPeer.start(PASSWORD));
    CompletableFuture<KafkaPeer> kafkaStarts =
        begin(() -> KafkaPeer.start(folder.resolve("kafka")));
    artemis = ArtemisPeer.start(PASSWORD);
    mail =
        new GreenMail(
            new ServerSetup[] {
              new ServerSetup(Ports.free(), "127.0.0.1", ServerSetup.PROTOCOL_SMTP),
              new ServerSetup(Ports.free(), "127.0.0.1", ServerSetup.PROTOCOL_IMAP)
            });
    mail.setUser("duty@localhost", "hub", PASSWORD);
    mail.setUser("commands@localhost", "commands", PASSWORD);
    mail.start();
    scada = Mosquitto.start(folder.resolve("scada"));
    files = SftpPeer.start(folder.resolve("files"), PASSWORD);
    kafka = kafkaStarts.join();
    postgres = postgresStarts.join();
    commandsPort = Ports.free();
    String settings = "io.patchbay.routes.settings:";
    hub =
        RunningHub.start(
            folder.resolve("data"),
            RunningHub.freeOffset(),
            settings + "kafka.brokers=" + kafka.address(),
            settings + "jms.url=" + artemis.url(),
            settings + "postgresql.url=" + postgres.url(),
            settings + "smtp.server=127.0.0.1:" + mail.getSmtp().getPort(),
            settings + "smtp.user=hub",
            settings + "sftp.server=" + files.address() + "/readings",
            settings + "sparkplug.server=tcp://127.0.0.1:" + scada.port(),
            settings + "commands.port=" + commandsPort);
    examples = new Examples(hub);
    for (String name : List.of("jms", "postgresql", "smtp", "sftp")) {
      examples.secret(name, PASSWORD);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (hub != null) {
      hub.close();
    }
    if (kafka != null) {
      kafka.close();
    }
    if (postgres != null) {
      postgres.close();
    }
    if (mail != null) {
      mail.stop();
    }
    if (scada != null) {
      scada.close();
    }
    if (files != null) {
      files.close();
    }
    if (artemis != null) {
      artemis.stop();
    }
  }

  private static void power(String plug, int from, int to) throws Exception {
    for (int power = from; power <= to; power++) {
      examples.publish("tele/" + plug + "/SENSOR", "{\"ENERGY\":{\"Power\":" + power + "}}");
    }
  }

  /** A Tasmota plug that does what it is told. */
  private static Mosquitto.Listener lamp(String name) throws Exception {
    examples.publish("tele/" + name + "/SENSOR", "{\"ENERGY\":{\"Power\":0}}");
    await().atMost(Examples.LIMIT).until(() -> examples.known(name));
    return Mosquitto.listen(hub.mqttPort(), hub.mqttLogin(), "cmnd/" + name + "/#");
  }

  @Test
  void readingsReachKafkaInOrderPerThingAndItsComponentIsThereOnlyMeanwhile() throws Exception {
    assertThat(examples.bundle(KAFKA)).as("before a route names it").isEmpty();
    examples.use("readings-to-kafka");
    assertThat(examples.bundle(KAFKA)).isEqualTo("active");
    try (KafkaPeer.Reader reader = kafka.read("readings")) {
      for (int round = 0; round < 2; round++) {
        power("kafka-a", 10 * round + 1, 10 * round + 5);
        power("kafka-b", 10 * round + 1, 10 * round + 5);
      }
      await()
          .atMost(Examples.LIMIT)
          .until(() -> reader.records().stream().filter(EnterpriseJourneyTest::ours).count() == 20);
      for (String thing : List.of("kafka-a", "kafka-b")) {
        List<String> values = new ArrayList<>();
        for (ConsumerRecord<String, String> each : reader.records()) {
          if (each.key().equals(thing)) {
            assertThat(each.value()).startsWith("[{\"n\":\"" + thing + "/power\",\"u\":\"W\"");
            values.add(each.value().replaceFirst(".*\"v\":(\\d+).*", "$1"));
          }
        }
        assertThat(values).containsExactly("1", "2", "3", "4", "5", "11", "12", "13", "14", "15");
      }
    }
    Files.delete(examples.file("readings-to-kafka"));
    await().atMost(Examples.LIMIT).until(() -> examples.bundle(KAFKA).equals("installed"));
    examples.use("readings-to-kafka");
    assertThat(examples.bundle(KAFKA)).isEqualTo("active");
  }

  private static boolean ours(ConsumerRecord<String, String> each) {
    return each.key().startsWith("kafka-");
  }

  @Test
  void readingsStandInTheTableOfPostgresql() throws Exception {
    postgres.execute(
        "create table readings (sequence bigint primary key, thing text not null,"
            + " property text not null, time timestamptz not null, value jsonb, unit text,"
            + " quality text not null)");
    examples.use("readings-to-postgresql");
    examples.publish(
        "senml/pg",
        "[{\"bt\":1772359200,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5},"
            + "{\"n\":\"contact\",\"vb\":true}]");
    await()
        .atMost(Examples.LIMIT)
        .untilAsserted(
            () ->
                assertThat(
                        postgres.rows(
                            "select property, time at time zone 'UTC', value, unit, quality"
                                + " from readings where thing = 'pg' order by property"))
                    .containsExactly(
                        "contact 2026-03-01 10:00:00 true null GOOD",
                        "temperature 2026-03-01 10:00:00 21.5 Cel GOOD"));
  }

  @Test
  void readingsAndCommandsTravelOverJms() throws Exception {
    try (Connection connection = artemis.connections().createConnection()) {
      connection.start();
      Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
      examples.use("readings-to-jms");
      power("jms-plug", 1, 3);
      MessageConsumer readings =
          session.createConsumer(session.createQueue("readings"), "HubThing = 'jms-plug'");
      for (int power = 1; power <= 3; power++) {
        Message message = readings.receive(Examples.LIMIT.toMillis());
        assertThat(message).isInstanceOf(TextMessage.class);
        assertThat(((TextMessage) message).getText())
            .startsWith("[{\"n\":\"jms-plug/power\"")
            .contains("\"v\":" + power + ",");
        assertThat(message.getStringProperty("HubProperty")).isEqualTo("power");
      }

      try (Mosquitto.Listener lamp = lamp("jms-lamp")) {
        examples.use("commands-from-jms");
        Queue answers = session.createTemporaryQueue();
        MessageConsumer answer = session.createConsumer(answers);
        TextMessage command = session.createTextMessage("true");
        command.setStringProperty("HubThing", "jms-lamp");
        command.setStringProperty("HubProperty", "switch");
        command.setJMSReplyTo(answers);
        session.createProducer(session.createQueue("commands")).send(command);
        await()
            .atMost(Examples.LIMIT)
            .untilAsserted(
                () -> assertThat(lamp.messages()).containsExactly("cmnd/jms-lamp/Power ON"));
        examples.publish("stat/jms-lamp/RESULT", "{\"POWER\":\"ON\"}");
        assertThat(((TextMessage) answer.receive(Examples.LIMIT.toMillis())).getText())
            .startsWith("Done[");
        TextMessage wrong = session.createTextMessage("true");
        wrong.setStringProperty("HubThing", "nobody");
        wrong.setStringProperty("HubProperty", "switch");
        wrong.setJMSReplyTo(answers);
        session.createProducer(session.createQueue("commands")).send(wrong);
        assertThat(((TextMessage) answer.receive(Examples.LIMIT.toMillis())).getText())
            .startsWith("Failed[reason=UNKNOWN_THING");
      }
    }
  }

  @Test
  void aCommandComesOverHttp() throws Exception {
    try (Mosquitto.Listener lamp = lamp("http-lamp")) {
      examples.use("commands-from-http");
      CompletableFuture<HttpResponse<String>> answer = post("http-lamp");
      await()
          .atMost(Examples.LIMIT)
          .untilAsserted(
              () -> assertThat(lamp.messages()).containsExactly("cmnd/http-lamp/Power ON"));
      examples.publish("stat/http-lamp/RESULT", "{\"POWER\":\"ON\"}");
      assertThat(answer.join().statusCode()).isEqualTo(200);
      assertThat(answer.join().body()).startsWith("Done[");
      HttpResponse<String> unknown = post("nobody").join();
      assertThat(unknown.statusCode()).isEqualTo(502);
      assertThat(unknown.body()).startsWith("Failed[reason=UNKNOWN_THING");
    }
  }

  private static CompletableFuture<HttpResponse<String>> post(String thing) {
    URI uri =
        URI.create("http://127.0.0.1:" + commandsPort + "/command?property=switch&thing=" + thing);
    return HttpClient.newHttpClient()
        .sendAsync(
            HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString("true")).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void anAlarmIsMailed() throws Exception {
    Files.writeString(hub.data().resolve("device-profiles/alarm-button.yaml"), EVENTS);
    examples.use("alarms-to-email");
    await()
        .atMost(Examples.LIMIT)
        .until(
            () -> {
              examples.publish("alarm/button-1/pressed", "{\"floor\":3}");
              return examples.known("button-1") && alarms().length > 0;
            });
    MimeMessage message = alarms()[0];
    assertThat(message.getSubject()).isEqualTo("button-1 reports pressed");
    assertThat(message.getContent().toString()).contains("floor=3");
    assertThat(message.getAllRecipients()[0]).hasToString("duty@localhost");
  }

  private static MimeMessage[] alarms() {
    return mail.getReceivedMessagesForDomain("duty@localhost");
  }

  @Test
  void theHubIsBornAsASparkplugNodeAndSendsItsDevicesData() throws Exception {
    Map<String, SparkplugBPayload> heard = new ConcurrentHashMap<>();
    SparkplugBPayloadDecoder decoder = new SparkplugBPayloadDecoder();
    MetricDataTypeMap types = new MetricDataTypeMap();
    try (MqttPeer host =
        MqttPeer.connect(
            scada.port(),
            "scada",
            List.of(),
            0,
            (topic, payload) -> {
              try {
                // data have the types that the birth has told
                SparkplugBPayload decoded = decoder.buildFromByteArray(payload, types);
                decoded
                    .getMetrics()
                    .forEach(each -> types.addMetricDataType(each.getName(), each.getDataType()));
                heard.put(topic + " " + names(decoded), decoded);
              } catch (Exception e) {
                throw new IllegalStateException("no Sparkplug B: " + topic, e);
              }
            },
            id -> {})) {
      host.subscribe("spBv1.0/#");
      examples.use("sparkplug-edge-node");
      String born = "spBv1.0/patchbay/DBIRTH/hub/office-climate [temperature, humidity]";
      await().atMost(Examples.LIMIT).until(() -> heard.containsKey(born));
      assertThat(heard.keySet()).anyMatch(topic -> topic.startsWith("spBv1.0/patchbay/NBIRTH/hub"));
      examples.publish(
          "senml/office-climate",
          "[{\"bt\":1772359200,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21}]");
      String data = "spBv1.0/patchbay/DDATA/hub/office-climate [temperature]";
      await().atMost(Examples.LIMIT).until(() -> heard.containsKey(data));
      Metric temperature = Objects.requireNonNull(heard.get(data)).getMetrics().get(0);
      assertThat(temperature.getValue()).isEqualTo(21.0);
      assertThat(temperature.getTimestamp().toInstant())
          .isEqualTo(Instant.ofEpochSecond(1772359200));
    }
  }

  private static String names(SparkplugBPayload payload) {
    return payload.getMetrics().stream().map(Metric::getName).toList().toString();
  }

  @Test
  void readingsAreAppendedToTheDaysFileOnAnSftpServerThatIsKnown() throws Exception {
    examples.use("readings-to-sftp");
    examples.publish(
        "senml/sftp-climate",
        "[{\"bt\":1772359200,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":21.5},"
            + "{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":40}]");
    // what the hub has never seen is not trusted: the readings wait
    await()
        .atMost(Examples.LIMIT)
        .until(
            () ->
                Files.readString(hub.data().resolve("log/patchbay.log"))
                    .contains("because of com.jcraft.jsch.JSchUnknownHostKeyException"));
    assertThat(files.folder().resolve("readings")).doesNotExist();
    Files.writeString(hub.data().resolve("conf/known_hosts"), files.knownHost() + "\n");
    Path day = files.folder().resolve("readings/2026-03-01.csv");
    await()
        .atMost(Examples.LIMIT.multipliedBy(2))
        .untilAsserted(
            () ->
                assertThat(day)
                    .content()
                    .contains(
                        "2026-03-01T10:00:00Z,sftp-climate,temperature,21.5,Cel,GOOD\n",
                        "2026-03-01T10:00:00Z,sftp-climate,humidity,40.0,%RH,GOOD\n"));
  }

  @Test
  void aMailIsACommand() throws Exception {
    try (Mosquitto.Listener lamp = lamp("mail-lamp")) {
      examples.drop(
          "commands-from-mail",
          """
          - from:
              uri: imap:127.0.0.1:%d
              parameters:
                username: commands
                password: "{{secret:smtp}}"
                delay: 200
              steps:
                - setHeader: { name: HubThing, simple: "${header.Subject}" }
                - setHeader: { name: HubProperty, constant: switch }
                - convertBodyTo: { type: String }
                - setBody: { simple: "${body.strip()}" }
                - to: hub:command
          """
              .formatted(mail.getImap().getPort()));
      await()
          .atMost(Examples.LIMIT)
          .untilAsserted(
              () -> assertThat(examples.state("commands-from-mail")).isEqualTo("active"));
      GreenMailUtil.sendTextEmail(
          "commands@localhost",
          "boss@localhost",
          "mail-lamp",
          "true",
          mail.getSmtp().getServerSetup());
      await()
          .atMost(Examples.LIMIT)
          .untilAsserted(
              () -> assertThat(lamp.messages()).containsExactly("cmnd/mail-lamp/Power ON"));
      examples.publish("stat/mail-lamp/RESULT", "{\"POWER\":\"ON\"}");
    }
  }

  @Test
  void anEndpointOfAnyComponentOnTheShelfCanBeUsed() throws Exception {
    int port = Ports.free();
    examples.drop(
        "live",
        """
        - from:
            uri: hub:readings?thing=ws-plug
            steps:
              - convertBodyTo: { type: String }
              - to: vertx-websocket:127.0.0.1:%d/live?sendToAll=true
        - from:
            uri: vertx-websocket:127.0.0.1:%d/live
            steps:
              - to: log:live?level=DEBUG
        """
            .formatted(port, port));
    await()
        .atMost(Examples.LIMIT)
        .untilAsserted(() -> assertThat(examples.state("live")).isEqualTo("active"));
    List<String> heard = new CopyOnWriteArrayList<>();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("ws://127.0.0.1:" + port + "/live"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket at, CharSequence text, boolean last) {
                    heard.add(text.toString());
                    at.request(1);
                    return CompletableFuture.completedFuture(null);
                  }
                })
            .join();
    await()
        .atMost(Examples.LIMIT)
        .until(
            () -> {
              power("ws-plug", 7, 7);
              return heard.stream().anyMatch(text -> text.contains("\"n\":\"ws-plug/power\""));
            });
    socket.abort();
  }

  @Test
  void whatNeedsASecretWaitsForIt() throws Exception {
    String text =
        Files.readString(Examples.FOLDER.resolve("readings-to-jms.camel.yaml"))
            .replace("{{secret:jms}}", "{{secret:late}}")
            .replace("readings-to-jms", "late")
            .replace("sjms2:queue:readings", "amqp:queue:late"); // another name of sjms2
    examples.drop("late", text);
    await()
        .atMost(Examples.LIMIT)
        .untilAsserted(
            () ->
                assertThat(examples.state("late"))
                    .startsWith("failed")
                    .contains("there is no secret named 'late'"));
    examples.secret("late", PASSWORD);
    await()
        .atMost(Examples.LIMIT)
        .untilAsserted(() -> assertThat(examples.state("late")).isEqualTo("active"));
    assertThat(Files.readString(hub.data().resolve("log/patchbay.log"))).doesNotContain(PASSWORD);
  }
}
