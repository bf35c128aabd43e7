package io.patchbay.binding.lwm2m;

import io.patchbay.dtls.Authority;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.DDFFileParser;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.SendResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;
import org.jspecify.annotations.Nullable;

/** A device on Leshan's client: a temperature sensor with a set point, as the test tells it. */
final class TestDevice implements AutoCloseable {
  static final int TEMPERATURE = 3303;
  static final int SET_POINT = 3308;

  /** Of the set point: answered long after anybody waits. */
  static final int SILENT = 5518;

  private static final int VERSION = 3;

  final Sensor temperature;
  final Sensor setPoint;
  final AtomicInteger registered = new AtomicInteger();
  final AtomicInteger updated = new AtomicInteger();
  final List<ResponseCode> refused = new CopyOnWriteArrayList<>();
  final AtomicInteger bootstrapsFailed = new AtomicInteger();
  final AtomicInteger executed = new AtomicInteger();
  private final CountDownLatch silence = new CountDownLatch(1);
  private final LeshanClient client;

  /**
   * @param key null for none
   */
  TestDevice(
      String endpoint, int port, byte @Nullable [] key, boolean queue, long lifetime, String unit)
      throws Exception {
    this(
        endpoint,
        key == null
            ? Security.noSec("coap://127.0.0.1:" + port, 123)
            : Security.psk(
                "coaps://127.0.0.1:" + port, 123, endpoint.getBytes(StandardCharsets.UTF_8), key),
        queue,
        lifetime,
        unit);
  }

  TestDevice(String endpoint, Security security, boolean queue, long lifetime, String unit)
      throws Exception {
    this(endpoint, security, queue, lifetime, unit, null);
  }

  /**
   * @param firmware object 5; null for none
   */
  TestDevice(
      String endpoint,
      Security security,
      boolean queue,
      long lifetime,
      String unit,
      @Nullable FirmwareEnabler firmware)
      throws Exception {
    this(endpoint, security, queue, lifetime, unit, firmware, null, ContentFormat.TLV);
  }

  /**
   * @param account run when it is given its account, by who knows only where it gets that; null for
   *     a device that has one
   * @param wanted format in which it is given that
   */
  private TestDevice(
      String endpoint,
      Security security,
      boolean queue,
      long lifetime,
      String unit,
      @Nullable FirmwareEnabler firmware,
      @Nullable Runnable account,
      ContentFormat wanted)
      throws Exception {
    List<ObjectModel> models = new ArrayList<>();
    for (int object : new int[] {0, 1, 3, 5, TEMPERATURE, SET_POINT}) {
      String name = "objects/" + object + ".xml";
      try (InputStream file =
          Objects.requireNonNull(ModelFiles.class.getResourceAsStream(name), name)) {
        models.addAll(new DDFFileParser().parse(file, name));
      }
    }
    ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models));
    objects.setInstancesForObject(0, security);
    if (account == null) {
      objects.setInstancesForObject(
          1, new Server(123, lifetime, EnumSet.of(BindingMode.U), false, BindingMode.U));
    } else {
      objects.setFactoryForObject(
          1,
          (model, id, used) -> {
            account.run();
            Server given = new Server();
            given.setId(id == null ? 0 : id);
            given.setModel(model);
            return given;
          });
    }
    Map<Integer, Object> says = new HashMap<>(Map.of(0, "Acme", 1, "T-1000", 9, 88L, 16, "U"));
    if (firmware != null) {
      says.put(VERSION, firmware.running);
    }
    Sensor about = new Sensor(0, says);
    objects.setInstancesForObject(3, about);
    if (firmware != null) {
      objects.setInstancesForObject(5, firmware);
      firmware.onReboot(
          () -> {
            about.set(VERSION, firmware.running);
            pause();
            resume();
          });
    }
    temperature =
        new Sensor(
            0,
            unit.isEmpty()
                ? Map.of(5700, 20.5d)
                : Map.of(5700, 20.5d, ProfileDraft.SENSOR_UNITS, unit));
    setPoint = new Sensor(0, Map.of(5900, 0d));
    for (int object : new int[] {3, 5, TEMPERATURE, SET_POINT}) {
      objects.setFactoryForObject(
          object,
          (model, id, used) -> {
            Sensor created = new Sensor(id == null ? 9 : id, Map.of());
            created.setModel(model);
            return created;
          });
    }
    objects.setInstancesForObject(TEMPERATURE, temperature);
    objects.setInstancesForObject(SET_POINT, setPoint);
    CaliforniumClientEndpointsProvider.Builder endpoints =
        new CaliforniumClientEndpointsProvider.Builder(
            new CoapClientProtocolProvider(), new CoapsClientProtocolProvider());
    Configuration configuration = endpoints.createDefaultConfiguration();
    endpoints.setConfiguration(
        configuration
            .set(CoapConfig.MAX_RETRANSMIT, 2)
            .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 4 << 20));
    DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
    engine.setQueueMode(queue);
    engine.setRetryWaitingTimeInMs(500);
    engine.setPreferredContentFormat(wanted);
    if (account != null) {
      engine.setRequestTimeoutInMs(5_000);
      engine.setBootstrapSessionTimeoutInSec(5);
    }
    client =
        new LeshanClientBuilder(endpoint)
            .setObjects(objects.createAll())
            .setEndpointsProviders(endpoints.build())
            .setRegistrationEngineFactory(engine)
            .setDataSenders(new ManualDataSender())
            .build();
    client.addObserver(
        new LwM2mClientObserverAdapter() {
          @Override
          public void onRegistrationSuccess(
              LwM2mServer server, RegisterRequest request, String registrationId) {
            registered.incrementAndGet();
          }

          @Override
          public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
            updated.incrementAndGet();
          }

          @Override
          public void onRegistrationFailure(
              LwM2mServer server,
              RegisterRequest request,
              ResponseCode code,
              String message,
              Exception cause) {
            refused.add(code);
          }

          @Override
          public void onBootstrapFailure(
              LwM2mServer server,
              BootstrapRequest request,
              ResponseCode code,
              String message,
              Exception cause) {
            bootstrapsFailed.incrementAndGet();
          }

          @Override
          public void onBootstrapTimeout(LwM2mServer server, BootstrapRequest request) {
            bootstrapsFailed.incrementAndGet();
          }
        });
    client.start();
  }

  /** With a certificate of its own; the hub's is known to it. */
  static TestDevice certified(
      String endpoint, int port, Authority.Identity own, Authority.Identity hub) throws Exception {
    return new TestDevice(
        endpoint,
        Security.x509(
            "coaps://127.0.0.1:" + port,
            123,
            own.chain().get(0).getEncoded(),
            own.key().getEncoded(),
            hub.chain().get(0).getEncoded()),
        false,
        300,
        "");
  }

  /** With a public key of its own; the hub's is known to it. */
  static TestDevice raw(String endpoint, int port, Authority.Identity own, Authority.Identity hub)
      throws Exception {
    return new TestDevice(
        endpoint,
        Security.rpk(
            "coaps://127.0.0.1:" + port,
            123,
            own.chain().get(0).getPublicKey().getEncoded(),
            own.key().getEncoded(),
            hub.chain().get(0).getPublicKey().getEncoded()),
        false,
        300,
        "");
  }

  /**
   * One that has to be given its account first.
   *
   * @param key null to come without DTLS
   * @param account run when it is given that
   */
  static TestDevice bootstrapping(
      String endpoint,
      String identity,
      int port,
      byte @Nullable [] key,
      ContentFormat wanted,
      Runnable account)
      throws Exception {
    return new TestDevice(
        endpoint,
        key == null
            ? Security.noSecBootstrap("coap://127.0.0.1:" + port)
            : Security.pskBootstrap(
                "coaps://127.0.0.1:" + port, identity.getBytes(StandardCharsets.UTF_8), key),
        false,
        300,
        "",
        null,
        account,
        wanted);
  }

  static TestDevice plain(String endpoint, int port) throws Exception {
    return new TestDevice(endpoint, port, null, false, 300, "");
  }

  /** An instance whose values the test sets; what was written comes first to last. */
  final class Sensor extends SimpleInstanceEnabler {
    final List<Object> written = new CopyOnWriteArrayList<>();
    final AtomicInteger reads = new AtomicInteger();

    private Sensor(int id, Map<Integer, Object> values) {
      super(id, values);
    }

    /** All that has a value: nobody waits for the silent one who did not ask for it. */
    @Override
    public ReadResponse read(LwM2mServer server) {
      return ReadResponse.success(new LwM2mObjectInstance(getId(), resources.values()));
    }

    @Override
    public ReadResponse read(LwM2mServer server, int resource) {
      reads.incrementAndGet();
      if (resource == SILENT) {
        try {
          boolean unused = silence.await(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return super.read(server, resource);
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
      List<Integer> all = new ArrayList<>(resources.keySet());
      all.add(5605);
      all.add(4);
      all.retainAll(model.resources.keySet());
      all.sort(null);
      return all;
    }

    @Override
    public WriteResponse write(
        LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
      if (server.isSystem()) {
        return super.write(server, replace, resource, value);
      } else if (value.getValue().equals(-1d)) {
        return WriteResponse.badRequest("too cold");
      }
      written.add(value.getValue());
      return super.write(server, replace, resource, value);
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
      executed.incrementAndGet();
      return ExecuteResponse.success();
    }

    void set(int resource, Object value) {
      resources.put(
          resource,
          value instanceof String text
              ? LwM2mSingleResource.newStringResource(resource, text)
              : LwM2mSingleResource.newFloatResource(resource, (Double) value));
      fireResourcesChange(getResourcePath(resource));
    }
  }

  ResponseCode send(String path) throws Exception {
    SendResponse response =
        client
            .getSendService()
            .sendData(
                client.getRegisteredServers().values().iterator().next(),
                ContentFormat.SENML_JSON,
                List.of(path),
                5_000);
    return response.getCode();
  }

  void update() {
    client.triggerRegistrationUpdate();
  }

  /** Is not heard, and hears nothing. */
  void pause() {
    client.stop(false);
  }

  /** Registers anew. */
  void resume() {
    client.start();
  }

  /** Says no good-bye. */
  void vanish() {
    silence.countDown();
    client.destroy(false);
  }

  void leave() {
    client.destroy(true);
  }

  @Override
  public void close() {
    silence.countDown();
    client.destroy(false);
  }
}
