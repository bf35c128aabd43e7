package io.patchbay.binding.lwm2m;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.CoapClient;
import org.eclipse.californium.core.CoapResponse;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.leshan.client.resource.BaseInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.ExecuteResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.WriteResponse;

/** Object 5 of a device: it takes images, checks and installs them, and fails as it is told. */
final class FirmwareEnabler extends BaseInstanceEnabler implements AutoCloseable {
  /** What goes wrong. */
  enum Flaw {
    NONE,
    BAD_SIGNATURE,
    OUT_OF_MEMORY,
    CUT_WHILE_DOWNLOADING,
    CUT_WHILE_UPDATING,
    BOOTS_THE_OLD
  }

  private static final long REBOOT_MILLIS = 200;

  final AtomicInteger installs = new AtomicInteger();

  /** Whoever holds it keeps a pushed image from being taken. */
  final Semaphore hold = new Semaphore(1);

  volatile Flaw flaw = Flaw.NONE;
  volatile String running;
  volatile byte[] image = new byte[0];

  /** 0 pull, 1 push, 2 both. */
  volatile long delivery = 2;

  private final String next;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private Runnable reboot = () -> {};
  private volatile long state;
  private volatile long result;
  private volatile String uri = "";

  /**
   * @param running version at first
   * @param next version of every image
   */
  FirmwareEnabler(String running, String next) {
    super(0);
    this.running = running;
    this.next = next;
  }

  void onReboot(Runnable task) {
    reboot = task;
  }

  @Override
  public List<Integer> getAvailableResourceIds(ObjectModel model) {
    return List.of(0, 1, 2, 3, 5, 7, 8, 9, 10);
  }

  @Override
  public ReadResponse read(LwM2mServer server, int resource) {
    return switch (resource) {
      case 1 -> ReadResponse.success(resource, uri);
      case 3 -> ReadResponse.success(resource, state);
      case 5 -> ReadResponse.success(resource, result);
      case 7 -> ReadResponse.success(resource, image.length > 0 ? next : "");
      case 8 ->
          ReadResponse.success(resource, new HashMap<>(Map.of(0, 0L)), ResourceModel.Type.INTEGER);
      case 9 -> ReadResponse.success(resource, delivery);
      default -> ReadResponse.notFound();
    };
  }

  @Override
  public WriteResponse write(
      LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
    if (resource == 0) {
      byte[] octets = (byte[]) value.getValue();
      if (octets.length == 0) {
        enter(0, 0);
      } else {
        hold.acquireUninterruptibly();
        hold.release();
        enter(1, 0);
        took(octets);
      }
    } else if (resource == 1) {
      uri = (String) value.getValue();
      enter(uri.isEmpty() ? 0 : 1, 0);
      if (!uri.isEmpty()) {
        thread.execute(this::pull);
      }
    }
    return WriteResponse.success();
  }

  private void enter(long nextState, long nextResult) {
    state = nextState;
    result = nextResult;
    if (nextState == 0) {
      image = new byte[0];
      uri = "";
    }
    fireResourcesChange(getResourcePath(3), getResourcePath(5));
  }

  private void took(byte[] octets) {
    switch (flaw) {
      case BAD_SIGNATURE -> enter(0, 5);
      case OUT_OF_MEMORY -> enter(0, 3);
      case CUT_WHILE_DOWNLOADING -> {
        flaw = Flaw.NONE;
        enter(0, 0);
        restart();
      }
      default -> {
        image = octets;
        enter(2, 0);
      }
    }
  }

  private void pull() {
    Configuration configuration =
        Configuration.createStandardWithoutFile().set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 4 << 20);
    CoapEndpoint endpoint = CoapEndpoint.builder().setConfiguration(configuration).build();
    CoapClient client = new CoapClient(URI.create(uri));
    try {
      endpoint.start();
      client.setEndpoint(endpoint);
      CoapResponse response = client.get();
      if (response == null || !response.isSuccess()) {
        enter(0, 7);
      } else {
        took(response.getPayload());
      }
    } catch (Exception e) {
      enter(0, 4);
    } finally {
      client.shutdown();
      endpoint.destroy();
    }
  }

  @Override
  public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
    if (resource == 10) {
      enter(0, 10);
      return ExecuteResponse.success();
    } else if (resource != 2 || state != 2) {
      return ExecuteResponse.methodNotAllowed();
    }
    state = 3;
    installs.incrementAndGet();
    restart();
    return ExecuteResponse.success();
  }

  private void restart() {
    var unused =
        thread.schedule(
            () -> {
              if (state == 3) {
                boolean installed = flaw == Flaw.NONE;
                running = installed ? next : running;
                state = 0;
                result = flaw == Flaw.CUT_WHILE_UPDATING ? 8 : 1;
                image = new byte[0];
              }
              reboot.run();
            },
            REBOOT_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
