package io.patchbay.profiles;

import io.patchbay.northbound.RefusedException;
import io.patchbay.operation.Documents;
import io.patchbay.operation.Finding;
import io.patchbay.operation.Health;
import io.patchbay.profile.Profile;
import io.patchbay.profile.Profiles;
import io.patchbay.southbound.MediaTypes;
import io.patchbay.southbound.Protocol;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the profiles of the two folders {@code device-profiles} in service. Its services are
 * registered by hand, and last: whoever sees {@link Profiles} sees it loaded.
 */
@Component(
    immediate = true,
    service = {})
public final class ProfileFolders implements Documents, Profiles, ArtifactInstaller, Health {
  static final String FOLDER = "device-profiles";
  private static final Logger LOG = LoggerFactory.getLogger(ProfileFolders.class);

  private final Arrivals protocols;

  /** Reads again what was refused; one look waits at most, and a further one would see no more. */
  private final ThreadPoolExecutor later =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(1),
          task -> new Thread(task, "patchbay-profiles"),
          new ThreadPoolExecutor.DiscardPolicy());

  private final ServiceTracker<Profiles.Listener, Profiles.Listener> listeners;
  private final List<Profiles.Listener> listening = new CopyOnWriteArrayList<>();
  private final Shelf shelf;
  private final List<ServiceRegistration<?>> registrations = new ArrayList<>();
  private int checkedFor;

  @Activate
  public ProfileFolders(BundleContext context, @Reference MediaTypes mediaTypes)
      throws IOException {
    Path data = folder(context, "patchbay.data", "data");
    Path home = folder(context, "patchbay.home", ".");
    later.allowCoreThreadTimeOut(true);
    protocols = new Arrivals(context);
    protocols.open();
    listeners = new Listeners(context);
    shelf =
        new Shelf(
            home.resolve(FOLDER),
            data.resolve(FOLDER),
            data.resolve("state").resolve("profiles"),
            new ProfileCheck(mediaTypes, this::protocol),
            this::tell);
    protocols.mayChange = true;
    shelf.load();
    checkedFor = protocols.getTrackingCount();
    listeners.open();
    Dictionary<String, ?> kind = FrameworkUtil.asDictionary(Map.of(Documents.KIND, "profile"));
    registrations.add(context.registerService(Documents.class, this, kind));
    registrations.add(context.registerService(Health.class, this, null));
    registrations.add(context.registerService(ArtifactInstaller.class, this, null));
    registrations.add(context.registerService(Profiles.class, this, null));
    LOG.info("{} profiles in service", shelf.current().size());
  }

  static Path folder(BundleContext context, String property, String otherwise) {
    String path = context.getProperty(property);
    return Path.of(path == null ? otherwise : path).toAbsolutePath().normalize();
  }

  @Deactivate
  public void deactivate() {
    registrations.forEach(ServiceRegistration::unregister);
    listeners.close();
    protocols.close();
    later.shutdownNow();
  }

  private Optional<Protocol> protocol(String scheme) {
    return protocols.present.stream()
        .filter(protocol -> protocol.scheme().equals(scheme))
        .findFirst();
  }

  private void tell(Map<String, Profile> all) {
    for (Profiles.Listener listener : listening) {
      tell(listener, all);
    }
  }

  private static void tell(Profiles.Listener listener, Map<String, Profile> all) {
    try {
      listener.changed(all);
    } catch (RuntimeException e) {
      LOG.error("A listener failed on a change of profiles", e);
    }
  }

  private void reconsider() {
    try {
      shelf.reconsider();
    } catch (IOException e) {
      LOG.error("A refused profile cannot be kept", e);
    }
  }

  /** With a protocol comes what its forms may say. */
  private final class Arrivals extends ServiceTracker<Protocol, Protocol> {
    private final List<Protocol> present = new CopyOnWriteArrayList<>();
    private volatile boolean mayChange;

    private Arrivals(BundleContext context) {
      super(context, Protocol.class, null);
    }

    @Override
    public Protocol addingService(ServiceReference<Protocol> reference) {
      Protocol protocol = super.addingService(reference);
      present.add(protocol);
      if (mayChange) {
        later.execute(ProfileFolders.this::reconsider); // whoever starts the binding does not wait
      }
      return protocol;
    }

    @Override
    public void removedService(ServiceReference<Protocol> reference, Protocol protocol) {
      present.remove(protocol);
      super.removedService(reference, protocol);
    }
  }

  /** Tells a new listener what is there, so that no change falls between looking and listening. */
  private final class Listeners extends ServiceTracker<Profiles.Listener, Profiles.Listener> {
    private Listeners(BundleContext context) {
      super(context, Profiles.Listener.class, null);
    }

    @Override
    public Profiles.Listener addingService(ServiceReference<Profiles.Listener> reference) {
      Profiles.Listener listener = super.addingService(reference);
      if (listener != null) {
        synchronized (shelf) {
          listening.add(listener);
          tell(listener, shelf.current());
        }
      }
      return listener;
    }

    @Override
    public void removedService(
        ServiceReference<Profiles.Listener> reference, Profiles.Listener listener) {
      listening.remove(listener);
      super.removedService(reference, listener);
    }
  }

  @Override
  public Map<String, Profile> current() {
    return shelf.current();
  }

  @Override
  public List<Document> list() {
    int now = protocols.getTrackingCount();
    boolean recheck;
    synchronized (this) {
      recheck = now != checkedFor;
      checkedFor = now;
    }
    return shelf.documents(recheck);
  }

  @Override
  public Optional<String> text(String id) {
    return shelf.text(id);
  }

  @Override
  public Document put(String id, String text) throws RefusedException, IOException {
    return shelf.put(id, text);
  }

  @Override
  public boolean remove(String id) throws IOException {
    return shelf.remove(id);
  }

  @Override
  public boolean canHandle(File artifact) {
    return shelf.owns(artifact.toPath());
  }

  @Override
  public void install(File artifact) throws IOException {
    shelf.offer(artifact.toPath());
  }

  @Override
  public void update(File artifact) throws IOException {
    shelf.offer(artifact.toPath());
  }

  @Override
  public void uninstall(File artifact) throws IOException {
    shelf.withdraw(artifact.toPath());
  }

  @Override
  public List<Check> checks() {
    List<Finding> refusals = shelf.refusals();
    return List.of(
        refusals.isEmpty()
            ? new Check("profiles", State.OK, shelf.current().size() + " profiles in service")
            : new Check(
                "profiles",
                State.WARN,
                "refused, mend the file: "
                    + refusals.get(0)
                    + (refusals.size() > 1 ? " (and " + (refusals.size() - 1) + " more)" : "")));
  }
}
