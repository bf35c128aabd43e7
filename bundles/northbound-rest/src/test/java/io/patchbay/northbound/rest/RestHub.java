package io.patchbay.northbound.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.Servlet;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.condition.Condition;
import org.osgi.util.function.Function;
import org.osgi.util.promise.Promise;

/** A real framework with Jetty and the HTTP API, in front of rooms in memory. */
final class RestHub {
  private static final String API =
      "io.patchbay.access;io.patchbay.deployment;io.patchbay.northbound;io.patchbay.operation;"
          + "io.patchbay.profile;io.patchbay.southbound;io.patchbay.store;io.patchbay.thing;"
          + "version=0.1.0,";

  final FakeRooms rooms = new FakeRooms();
  final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final Framework framework;
  private final int port;

  RestHub(Path home) throws Exception {
    this(home, Map.of());
  }

  /**
   * @param more settings of the API
   */
  RestHub(Path home, Map<String, Object> more) throws Exception {
    Map<String, String> config = new HashMap<>();
    config.put("org.osgi.framework.storage", home.resolve("felix").toString());
    config.put("org.osgi.framework.storage.clean", "onFirstInit");
    config.put("felix.log.level", "1");
    config.put("felix.cm.pm", "memory");
    config.put("patchbay.home", home.toString());
    config.put("org.osgi.service.http.port", "-1");
    config.put("org.apache.felix.http.host", "127.0.0.1");
    config.put("org.apache.felix.http.enable", "true");
    config.put(
        "org.osgi.framework.system.packages.extra",
        API
            + "org.slf4j;org.slf4j.spi;org.slf4j.event;org.slf4j.helpers;version=2.0.17,"
            + "org.osgi.service.cm;version=1.6.1");
    framework = new FrameworkFactory().newFramework(config);
    framework.start();
    rooms.register(context());
    for (Class<?> type :
        List.of(
            Function.class,
            Promise.class,
            ServiceComponentRuntime.class,
            Class.forName("org.apache.felix.cm.impl.ConfigurationAdminImpl"),
            Class.forName("org.apache.felix.scr.impl.Activator"),
            Servlet.class,
            JsonIgnore.class,
            JsonFactory.class,
            ObjectMapper.class,
            Class.forName("org.apache.commons.io.IOUtils"),
            Class.forName("org.apache.commons.fileupload.FileUpload"),
            Class.forName("org.apache.felix.http.jetty.ConnectorFactory"))) {
      URI jar = type.getProtectionDomain().getCodeSource().getLocation().toURI();
      context().installBundle(jar.toString());
    }
    for (var bundle : context().getBundles()) {
      bundle.start();
    }
    ConfigurationAdmin admin =
        Objects.requireNonNull(
            context().getService(context().getServiceReference(ConfigurationAdmin.class)));
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("port", 0);
    settings.put("maxUploadMegabytes", 1);
    settings.put("maxBodyKilobytes", 16);
    settings.put("maxStreams", 3);
    settings.put("streamQueue", 16);
    settings.put("heartbeatSeconds", 1);
    admin
        .getConfiguration("io.patchbay.northbound.rest", "?")
        .update(FrameworkUtil.asDictionary(settings));
    context().installBundle("reference:" + new File("target/classes").toURI()).start();
    await().atMost(Duration.ofSeconds(20)).until(() -> !listening().isEmpty());
    port = (Integer) listening().iterator().next().getProperty("port");
  }

  private BundleContext context() {
    return Objects.requireNonNull(framework.getBundleContext());
  }

  private Collection<ServiceReference<Condition>> listening() throws InvalidSyntaxException {
    return context()
        .getServiceReferences(Condition.class, "(osgi.condition.id=patchbay.http.listening)");
  }

  int port() {
    return port;
  }

  /** The port of HTTPS, 0 when it is not open. */
  int securePort() throws InvalidSyntaxException {
    Object secure = listening().iterator().next().getProperty("securePort");
    return secure instanceof Integer number ? number : 0;
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  HttpRequest.Builder request(String path, String token) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(20));
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path, String token) throws Exception {
    return send(request(path, token));
  }

  HttpResponse<String> json(String method, String path, String token, String body)
      throws Exception {
    return send(
        request(path, token)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body)));
  }

  static JsonNode tree(HttpResponse<String> response) throws IOException {
    return Json.parse(response.body().getBytes(StandardCharsets.UTF_8));
  }

  void stop() throws Exception {
    framework.stop();
    framework.waitForStop(20_000);
    rooms.journal.close();
  }

  /** Says what is wrong as problem details do (RFC 9457). */
  static void problem(HttpResponse<String> response, int status, String words) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(tree(response).get("status").intValue()).isEqualTo(status);
    assertThat(tree(response).get("detail").textValue()).contains(words);
  }
}
