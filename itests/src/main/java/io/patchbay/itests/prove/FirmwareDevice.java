package io.patchbay.itests.prove;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.coap.Request;
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
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
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

  /** How images come to it: 5/0/9 and 5/0/8. */
  enum Way {
    PUSH(0),
    COAP(0),
    COAPS(1),
    HTTP(2);

    private final long protocol;

    Way(long protocol) {
      this.protocol = protocol;
    }

    private Map<Integer, Long> protocols() {
      return new HashMap<>(Map.of(0, protocol));
    }
  }

  /**
   * What it is like.
   *
   * @param old whether it is of LwM2M 1.0
   * @param queue whether it listens only for a while after it was heard
   * @param pull unless images are pushed to it
   * @param image that it takes
   */
  record Make(
      String endpoint,
      Security security,
      boolean old,
      boolean queue,
      Way way,
      ImagePull pull,
      Flaw flaw,
      Digest image) {
    /** Without its key. */
    @Override
    public String toString() {
      return endpoint
          + " ("
          + way
          + (old ? ", 1.0" : ", 1.1")
          + (queue ? ", queue" : "")
          + ", "
          + flaw
          + ")";
    }
  }

  /** Of an image. */
  record Digest(String hex, int octets) {
    static Digest of(byte[] image) {
      try {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(image);
        return new Digest(HexFormat.of().formatHex(sum), image.length);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static final int SERVER = 123;
  private static final long LIFETIME_SECONDS = 600;
  private static final int REPORT_MILLIS = 8_000;
  private static final long REBOOT_MILLIS = 500;

  private static final long AGAIN_MILLIS = 2_000;
  private static final int TRIES = 60;

  private final Make make;
  private final ScheduledExecutorService threads;
  private final AtomicInteger installs = new AtomicInteger();
  private final AtomicInteger resumes = new AtomicInteger();
  private final LeshanClient client;
  private final Firmware firmware = new Firmware();
  private volatile boolean cut;
  private volatile String running = OLD;

  /**
   * @param threads of the whole fleet
   */
  FirmwareDevice(Make make, ScheduledExecutorService threads) {
    this.make = make;
    this.threads = threads;
    ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models(make.old())));
    objects.setInstancesForObject(0, make.security());
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
    Radio.Builder endpoints = new Radio.Builder(this::hears);
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
    engine.setQueueMode(make.queue());
    engine.setCommunicationPeriod(REPORT_MILLIS);
    engine.setReconnectOnUpdate(true); // who is behind a NAT, or whose hub was killed
    engine.setRetryWaitingTimeInMs(1_000);
    engine.setRequestTimeoutInMs(10_000);
    LeshanClientBuilder builder =
        new LeshanClientBuilder(make.endpoint())
            .setObjects(objects.createAll())
            .setEndpointsProviders(endpoints.build())
            .setRegistrationEngineFactory(engine)
            .setSharedExecutor(threads);
    if (make.old()) {
      Lwm2m10.teach(builder, engine);
    }
    client = builder.build();
  }

  /** Nobody but the device sees its object 0, which Leshan fills as that of version 1.1. */
  private static List<ObjectModel> models(boolean old) {
    List<ObjectModel> all = new ArrayList<>(ObjectLoader.loadDefault());
    if (old) {
      all.removeIf(model -> model.id != 0);
      ObjectLoader.loadDefault(LwM2mVersion.V1_0).stream()
          .filter(model -> model.id != 0)
          .forEach(all::add);
    }
    return all;
  }

  void start() {
    client.start();
  }

  Make make() {
    return make;
  }

  /** How often it went on in the middle of an image. */
  int resumes() {
    return resumes.get();
  }

  /** The version of the image that it runs. */
  String running() {
    return running;
  }

  /** How often it was told to install, and did. */
  int installs() {
    return installs.get();
  }

  /**
   * Of each message that comes, before anybody else.
   *
   * @return whether there is still power
   */
  private boolean hears(Request request) {
    boolean dies =
        make.flaw() == Flaw.CUT_WHILE_DOWNLOADING
            && !cut
            && request.getOptions().hasBlock1()
            && request.getOptions().getBlock1().getOffset() >= make.image().octets() / 2;
    if (dies) {
      cut = true;
      restart(() -> {});
    }
    return !dies;
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
    private volatile String uri = "";

    /** What it has of an image that it pulls; outlives a restart. */
    private final ByteArrayOutputStream flash = new ByteArrayOutputStream();

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
        case 1 -> ReadResponse.success(resource, uri);
        case 3 -> ReadResponse.success(resource, state);
        case 5 -> ReadResponse.success(resource, result);
        case 8 ->
            ReadResponse.success(resource, make.way().protocols(), ResourceModel.Type.INTEGER);
        case 9 -> ReadResponse.success(resource, make.way() == Way.PUSH ? 1L : 0L);
        default -> ReadResponse.notFound();
      };
    }

    @Override
    public WriteResponse write(
        LwM2mServer server, boolean replace, int resource, LwM2mResource value) {
      if (resource == 1 && make.way() != Way.PUSH) {
        uri = (String) value.getValue();
        flash.reset();
        enter(uri.isEmpty() ? 0 : 1, 0);
        go();
        return WriteResponse.success();
      } else if (resource != 0) {
        return WriteResponse.badRequest("images are pushed");
      }
      byte[] image = (byte[]) value.getValue();
      if (image.length == 0) {
        uri = "";
        enter(0, 0);
      } else if (make.way() != Way.PUSH) {
        return WriteResponse.badRequest("images are pulled");
      } else {
        took(image);
      }
      return WriteResponse.success();
    }

    private void took(byte[] image) {
      if (make.flaw() == Flaw.BAD_SIGNATURE || !Digest.of(image).equals(make.image())) {
        enter(0, 5);
      } else if (make.flaw() == Flaw.OUT_OF_MEMORY) {
        enter(0, 3);
      } else {
        enter(2, 0);
      }
    }

    /** Pulls, when it shall; after a restart too. */
    private void go() {
      String from = uri;
      if (state == 1 && !from.isEmpty()) {
        threads.execute(() -> pull(from, 0));
      }
    }

    private void pull(String from, int tries) {
      boolean dies = make.flaw() == Flaw.CUT_WHILE_DOWNLOADING && !cut;
      try {
        if (state != 1 || !uri.equals(from)) {
          return; // it shall no more
        }
        if (flash.size() > 0) {
          resumes.incrementAndGet();
        }
        int octets = make.image().octets();
        make.pull().pull(URI.create(from), flash, dies ? octets / 2 : octets);
        if (dies) {
          cut = true;
          restart(this::go);
        } else if (uri.equals(from)) {
          took(flash.toByteArray());
        }
      } catch (ImagePull.NoneException e) {
        enter(0, 7);
      } catch (IOException e) {
        if (tries < TRIES) {
          var unused =
              threads.schedule(() -> pull(from, tries + 1), AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        } else {
          enter(0, 4);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
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
            Flaw flaw = make.flaw();
            running = flaw == Flaw.NONE || flaw == Flaw.CUT_WHILE_DOWNLOADING ? NEW : OLD;
            state = 0;
            uri = "";
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
