package io.patchbay.itests;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/** A thermostat on Leshan's client. */
final class Lwm2mDevice implements AutoCloseable {
  private static final int VALUE = 5700;
  private static final int SET_POINT = 5900;
  private static final int REBOOT = 4;
  private static final int FACTORY_RESET = 5;

  private final List<Double> written = new CopyOnWriteArrayList<>();
  private final AtomicInteger executed = new AtomicInteger();
  private final AtomicInteger registrations = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final ScheduledExecutorService restarts = Executors.newSingleThreadScheduledExecutor();
  private final Instance temperature = new Instance(Map.of(VALUE, 20.5d));
  private final Instance setPoint = new Instance(Map.of(SET_POINT, 0d));
  private final LeshanClient client;
  private volatile boolean refuses;

  /**
   * @param queue whether it listens only when it was heard
   */
  Lwm2mDevice(String endpoint, int port, boolean queue) {
    this(endpoint, Security.noSec("coap://127.0.0.1:" + port, 123), queue, true);
  }

  /** One that knows only where it gets its account, and shows a key there. */
  static Lwm2mDevice bootstrapping(String endpoint, int port, String key) {
    return new Lwm2mDevice(
        endpoint,
        Security.pskBootstrap(
            "coaps://127.0.0.1:" + port,
            endpoint.getBytes(StandardCharsets.UTF_8),
            key.getBytes(StandardCharsets.UTF_8)),
        false,
        false);
  }

  private Lwm2mDevice(String endpoint, Security security, boolean queue, boolean account) {
    List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadDefault());
    models.add(
        object(
            3303,
            "Temperature",
            resource(VALUE, Operations.R, ResourceModel.Type.FLOAT),
            resource(5605, Operations.E, ResourceModel.Type.NONE)));
    models.add(
        object(3308, "Set Point", resource(SET_POINT, Operations.RW, ResourceModel.Type.FLOAT)));
    ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models));
    objects.setInstancesForObject(0, security);
    if (account) {
      objects.setInstancesForObject(
          1, new Server(123, 300L, EnumSet.of(BindingMode.U), false, BindingMode.U));
    } else {
      objects.setClassForObject(1, Server.class);
    }
    objects.setInstancesForObject(3, new Instance(Map.of(0, "Acme", 1, "T-1000", 9, 88L, 16, "U")));
    objects.setInstancesForObject(4, new Instance(Map.of(0, 6L, 2, -71L, 3, 80L)));
    objects.setInstancesForObject(6, new Instance(Map.of(0, 52.5d, 1, 13.4d)));
    for (int object : new int[] {3, 4, 6, 3303, 3308}) {
      objects.setFactoryForObject(
          object,
          (model, id, used) -> {
            throw new UnsupportedOperationException("nobody makes instances of this device");
          });
    }
    objects.setInstancesForObject(3303, temperature);
    objects.setInstancesForObject(3308, setPoint);
    DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
    engine.setQueueMode(queue);
    engine.setRetryWaitingTimeInMs(500);
    client =
        new LeshanClientBuilder(endpoint)
            .setObjects(objects.createAll())
            .setEndpointsProviders(
                new CaliforniumClientEndpointsProvider.Builder(
                        new CoapClientProtocolProvider(), new CoapsClientProtocolProvider())
                    .build())
            .setRegistrationEngineFactory(engine)
            .build();
    client.addObserver(
        new LwM2mClientObserverAdapter() {
          @Override
          public void onRegistrationSuccess(
              LwM2mServer server, RegisterRequest request, String registrationId) {
            registrations.incrementAndGet();
          }

          @Override
          public void onRegistrationFailure(
              LwM2mServer server,
              RegisterRequest request,
              ResponseCode code,
              String message,
              Exception cause) {
            if (ResponseCode.FORBIDDEN.equals(code)) {
              refusals.incrementAndGet();
            }
          }
        });
    client.start();
  }

  private static ResourceModel resource(int id, Operations operations, ResourceModel.Type type) {
    return new ResourceModel(id, "r" + id, operations, false, false, type, "", "", "");
  }

  private static ObjectModel object(int id, String name, ResourceModel... resources) {
    return new ObjectModel(id, name, "", "1.0", true, false, resources);
  }

  /** An instance whose values the test sets. */
  private final class Instance extends SimpleInstanceEnabler {
    private Instance(Map<Integer, Object> values) {
      super(0, values);
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
      List<Integer> ids = new ArrayList<>(resources.keySet());
      model.resources.values().stream()
          .filter(resource -> resource.operations.isExecutable())
          .forEach(resource -> ids.add(resource.id));
      ids.sort(null);
      return ids;
    }

    @Override
    public WriteResponse write(
        LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
      if (refuses) {
        return WriteResponse.methodNotAllowed();
      }
      written.add((Double) value.getValue());
      return super.write(server, replace, resource, value);
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
      executed.incrementAndGet();
      if (getModel().id == 3 && (resource == REBOOT || resource == FACTORY_RESET)) {
        var unused = restarts.schedule(() -> restart(resource), 500, TimeUnit.MILLISECONDS);
      }
      return ExecuteResponse.success();
    }

    private void set(int resource, double value) {
      resources.put(resource, LwM2mSingleResource.newFloatResource(resource, value));
      fireResourcesChange(getResourcePath(resource));
    }
  }

  /** When it has answered; a reset makes it forget what was written. */
  private void restart(int how) {
    client.stop(false);
    if (how == FACTORY_RESET) {
      setPoint.set(SET_POINT, 0);
    }
    client.start();
  }

  /** From now on writes are answered with 4.05, or not any more. */
  void refuses(boolean now) {
    refuses = now;
  }

  /** Registrations that were answered with 4.03. */
  int refusals() {
    return refusals.get();
  }

  void temperature(double value) {
    temperature.set(VALUE, value);
  }

  List<Double> written() {
    return List.copyOf(written);
  }

  int executed() {
    return executed.get();
  }

  int registrations() {
    return registrations.get();
  }

  void update() {
    client.triggerRegistrationUpdate();
  }

  @Override
  public void close() {
    restarts.shutdownNow();
    client.destroy(false);
  }
}
