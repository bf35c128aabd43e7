package io.patchbay.northbound.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.patchbay.access.Role;
import io.patchbay.deployment.Deployer.DeployedBundle;
import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/** {@code /bundles}: what runs; deploying is deploying code. */
final class BundleRoutes {
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String BUNDLE = BUNDLES + "/{name}";
  private static final String[] JAR = {"application/octet-stream", "application/java-archive"};

  private final Rooms rooms;
  private final Settings settings;

  BundleRoutes(Rooms rooms, Settings settings) {
    this.rooms = rooms;
    this.settings = settings;
  }

  List<Route> routes() {
    return List.of(
        Route.get(BUNDLES, Role.VIEWER, "Lists bundles", "Bundles", this::list),
        Route.get(BUNDLE, Role.VIEWER, "A bundle", "Bundle", this::get),
        Route.act(
                "POST",
                BUNDLES,
                Role.INTEGRATOR,
                "bundle.deploy",
                "Installs a bundle or replaces the one of its name",
                this::deploy)
            .taking(JAR[0], "Jar")
            .taking(JAR[1], "Jar")
            .giving(200, Route.JSON, "Bundle"),
        Route.act(
                "PUT", BUNDLE, Role.INTEGRATOR, "bundle.update", "Replaces a bundle", this::update)
            .taking(JAR[0], "Jar")
            .taking(JAR[1], "Jar")
            .giving(200, Route.JSON, "Bundle"),
        Route.act(
                "POST",
                BUNDLE + "/start",
                Role.INTEGRATOR,
                "bundle.start",
                "Starts a bundle",
                exchange ->
                    exchange.reply(200, json(rooms.deployer().start(exchange.path("name")))))
            .giving(200, Route.JSON, "Bundle"),
        Route.act(
                "POST",
                BUNDLE + "/stop",
                Role.INTEGRATOR,
                "bundle.stop",
                "Stops a bundle; it stays stopped over a restart",
                exchange -> exchange.reply(200, json(rooms.deployer().stop(exchange.path("name")))))
            .giving(200, Route.JSON, "Bundle"),
        Route.act(
            "DELETE",
            BUNDLE,
            Role.INTEGRATOR,
            "bundle.remove",
            "Removes a deployed bundle; a shipped one of its name comes back",
            this::remove));
  }

  private void list(Exchange exchange) throws IOException {
    ObjectNode body = Json.object();
    ArrayNode bundles = body.putArray("bundles");
    rooms.deployer().list().forEach(bundle -> bundles.add(json(bundle)));
    exchange.reply(200, body);
  }

  private DeployedBundle find(String name) {
    return rooms.deployer().list().stream()
        .filter(bundle -> bundle.symbolicName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                Problem.notFound("no bundle is named '" + name + "'; " + BUNDLES + " lists them"));
  }

  private void get(Exchange exchange) throws IOException {
    exchange.reply(200, json(find(exchange.path("name"))));
  }

  private void deploy(Exchange exchange) throws IOException, RefusedException {
    exchange.reply(200, json(withUpload(exchange, rooms.deployer()::deploy)));
  }

  private void update(Exchange exchange) throws IOException, RefusedException {
    String name = find(exchange.path("name")).symbolicName();
    DeployedBundle updated =
        withUpload(
            exchange,
            jar -> {
              String given = symbolicName(jar);
              if (!given.equals(name)) {
                throw Problem.of(
                    422,
                    "the jar is '"
                        + given
                        + "', not '"
                        + name
                        + "'; install it with POST "
                        + BUNDLES);
              }
              return rooms.deployer().deploy(jar);
            });
    exchange.reply(200, json(updated));
  }

  private void remove(Exchange exchange) throws IOException, RefusedException {
    rooms.deployer().remove(find(exchange.path("name")).symbolicName());
    exchange.done();
  }

  @FunctionalInterface
  private interface Upload {
    DeployedBundle take(Path jar) throws IOException, RefusedException;
  }

  /** The file is gone again when this returns. */
  private DeployedBundle withUpload(Exchange exchange, Upload upload)
      throws IOException, RefusedException {
    exchange.accept(JAR);
    Path jar = Files.createTempFile("patchbay-upload", ".jar");
    try {
      try (OutputStream out = Files.newOutputStream(jar)) {
        exchange.copy(out, settings.maxUploadOctets());
      }
      return upload.take(jar);
    } finally {
      Files.deleteIfExists(jar);
    }
  }

  private static String symbolicName(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String name =
          manifest == null ? null : manifest.getMainAttributes().getValue("Bundle-SymbolicName");
      return name == null ? "" : name.split(";", 2)[0].trim();
    } catch (IOException e) {
      throw Problem.of(422, "the body is not a readable jar: " + e.getMessage());
    }
  }

  private static ObjectNode json(DeployedBundle bundle) {
    return Json.object()
        .put("id", bundle.id())
        .put("symbolicName", bundle.symbolicName())
        .put("name", bundle.name())
        .put("version", bundle.version())
        .put("state", bundle.state())
        .put("shipped", bundle.shipped())
        .put("problem", bundle.problem());
  }
}
