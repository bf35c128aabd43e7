package io.patchbay.itests.prove;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

/**
 * An LwM2M device on Leshan's client that takes firmware by its object 5, and fails as it is told.
 */
final class FirmwareDevice implements AutoCloseable {
  static final String OLD = "1.0";
  static final String NEW = "2.0";

  /** What goes wrong. */
  enum Flaw {
    NONE,
    BAD_SIGNATURE,
    OUT_OF_MEMORY,
    CUT_WHILE_DOWNLOADING,
    CUT_WHILE_UPDATING,
    BOOTS_THE_OLD
  }

  private static final int SERVER = 123;
  private static final long LIFETIME_SECONDS = 600;
  private static final int REPORT_MILLIS = 8_000;
  private static final long REBOOT_MILLIS = 500;

  private final String endpoint;
  private final Flaw flaw;
  private final ScheduledExecutorService threads;
  private final AtomicInteger installs = new AtomicInteger();
  private final LeshanClient client;
  private final Firmware firmware = new Firmware();
  private volatile boolean cut;
  private volatile String running = OLD;

  /**
   * @param queue whether it listens only for a while after it was heard
   * @param threads of the whole fleet
   */
  FirmwareDevice(
      String endpoint,
      Security security,
      boolean queue,
      Flaw flaw,
      ScheduledExecutorService threads) {
    this.endpoint = endpoint;
    this.flaw = flaw;
    this.threads = threads;
    ObjectsInitializer objects =
        new ObjectsInitializer(new StaticModel(new ArrayList<>(ObjectLoader.loadDefault())));
    objects.setInstancesForObject(0, security);
    objects.setInstancesForObject(
        1, new Server(SERVER, LIFETIME_SECONDS, EnumSet.of(BindingMode.U), false, BindingMode.U));
    for (int object : new int[] {3, 5}) {
      objects.setFactoryForObject(
          object,
          (model, id, used) -> {
            throw new UnsupportedOperationException("nobody makes instances of this device");
          });
    }
    objects.setInstancesForObject(3, new About());
    objects.setInstancesForObject(5, firmware);
    CaliforniumClientEndpointsProvider.Builder endpoints =
        new CaliforniumClientEndpointsProvider.Builder(
            new CoapClientProtocolProvider(), new CoapsClientProtocolProvider());
    Configuration configuration = endpoints.createDefaultConfiguration();
    endpoints.setConfiguration(
        configuration
            .set(CoapConfig.MAX_RETRANSMIT, 2)
            .set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1)
            .set(UdpConfig.UDP_RECEIVER_THREAD_COUNT, 1)
            .set(UdpConfig.UDP_SENDER_THREAD_COUNT, 1)
            .set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1)
            .set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1)
            .set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 1 << 20));
    DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
    engine.setQueueMode(queue);
    engine.setCommunicationPeriod(REPORT_MILLIS);
    engine.setReconnectOnUpdate(true); // who is behind a NAT, or whose hub was killed
    engine.setRetryWaitingTimeInMs(1_000);
    engine.setRequestTimeoutInMs(10_000);
    client =
        new LeshanClientBuilder(endpoint)
            .setObjects(objects.createAll())
            .setEndpointsProviders(endpoints.build())
            .setRegistrationEngineFactory(engine)
            .setSharedExecutor(threads)
            .build();
  }

  void start() {
    client.start();
  }

  String endpoint() {
    return endpoint;
  }

  Flaw flaw() {
    return flaw;
  }

  /** The version of the image that it runs. */
  String running() {
    return running;
  }

  /** How often it was told to install, and did. */
  int installs() {
    return installs.get();
  }

  private void restart(Runnable booted) {
    var unused =
        threads.schedule(
            () -> {
              client.stop(false);
              booted.run();
              client.start();
            },
            REBOOT_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private final class About extends BaseInstanceEnabler {
    private About() {
      super(0);
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
      return List.of(0, 1, 3, 16);
    }

    @Override
    public ReadResponse read(LwM2mServer server, int resource) {
      return switch (resource) {
        case 0 -> ReadResponse.success(resource, "Acme");
        case 1 -> ReadResponse.success(resource, "Meter");
        case 3 -> ReadResponse.success(resource, running);
        case 16 -> ReadResponse.success(resource, "U");
        default -> ReadResponse.notFound();
      };
    }
  }

  /** Object 5 (OMA-TS-LightweightM2M-1.1, appendix E.6). */
  private final class Firmware extends BaseInstanceEnabler {
    private volatile long state;
    private volatile long result;

    private Firmware() {
      super(0);
    }

    @Override
    public List<Integer> getAvailableResourceIds(ObjectModel model) {
      return List.of(0, 1, 2, 3, 5, 8, 9);
    }

    @Override
    public ReadResponse read(LwM2mServer server, int resource) {
      return switch (resource) {
        case 1 -> ReadResponse.success(resource, "");
        case 3 -> ReadResponse.success(resource, state);
        case 5 -> ReadResponse.success(resource, result);
        case 8 ->
            ReadResponse.success(
                resource, new HashMap<>(Map.of(0, 0L)), ResourceModel.Type.INTEGER);
        case 9 -> ReadResponse.success(resource, 1L); // pushed only
        default -> ReadResponse.notFound();
      };
    }

    @Override
    public WriteResponse write(
        LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
      if (resource != 0) {
        return WriteResponse.badRequest("images are pushed");
      }
      byte[] image = (byte[]) value.getValue();
      if (image.length == 0) {
        enter(0, 0);
      } else if (flaw == Flaw.BAD_SIGNATURE) {
        enter(0, 5);
      } else if (flaw == Flaw.OUT_OF_MEMORY) {
        enter(0, 3);
      } else if (flaw == Flaw.CUT_WHILE_DOWNLOADING && !cut) {
        cut = true;
        enter(0, 0);
        restart(() -> {});
      } else {
        enter(2, 0);
      }
      return WriteResponse.success();
    }

    private void enter(long nextState, long nextResult) {
      state = nextState;
      result = nextResult;
      fireResourcesChange(getResourcePath(3), getResourcePath(5));
    }

    @Override
    public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
      if (resource != 2 || state != 2) {
        return ExecuteResponse.methodNotAllowed();
      }
      state = 3;
      int unused = installs.incrementAndGet();
      restart(
          () -> {
            running = flaw == Flaw.NONE || flaw == Flaw.CUT_WHILE_DOWNLOADING ? NEW : OLD;
            state = 0;
            result = flaw == Flaw.CUT_WHILE_UPDATING ? 8 : 1;
          });
      return ExecuteResponse.success();
    }
  }

  @Override
  public void close() {
    client.destroy(false);
  }
}
