package io.patchbay.runtime.inside;

import java.io.File;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Stands before FileInstall's own handling of jars, so that the deployer stays the only installer
 * of bundles: while it is away FileInstall would install what is dropped by itself. What came in
 * the meantime is handed over when it is back.
 */
final class DeployFolder implements ArtifactInstaller {
  private final File folder;
  private final ServiceTracker<ArtifactInstaller, ArtifactInstaller> others;

  /** Guarded by this; bounded by the files of one folder. */
  private final Set<File> missed = new LinkedHashSet<>();

  private DeployFolder(BundleContext context) {
    this.folder = new File(context.getProperty("patchbay.data"), "deploy");
    this.others =
        new ServiceTracker<>(context, ArtifactInstaller.class, null) {
          @Override
          public @Nullable ArtifactInstaller addingService(
              ServiceReference<ArtifactInstaller> reference) {
            if (reference.getBundle().equals(context.getBundle())) {
              return null;
            }
            ArtifactInstaller installer = super.addingService(reference);
            handOver(installer);
            return installer;
          }
        };
  }

  static DeployFolder open(BundleContext context) {
    DeployFolder deployFolder = new DeployFolder(context);
    deployFolder.others.open();
    return deployFolder;
  }

  @Override
  public boolean canHandle(File artifact) {
    return folder.equals(artifact.getParentFile());
  }

  @Override
  public void install(File artifact) throws Exception {
    Optional<ArtifactInstaller> deployer = deployer(artifact);
    if (deployer.isPresent()) {
      deployer.get().install(artifact);
    }
  }

  @Override
  public void update(File artifact) throws Exception {
    Optional<ArtifactInstaller> deployer = deployer(artifact);
    if (deployer.isPresent()) {
      deployer.get().update(artifact);
    }
  }

  @Override
  public void uninstall(File artifact) throws Exception {
    Optional<ArtifactInstaller> deployer = deployer(artifact);
    if (deployer.isPresent()) {
      deployer.get().uninstall(artifact);
    }
  }

  /** Who takes it; when nobody does it is remembered. */
  private Optional<ArtifactInstaller> deployer(File artifact) {
    for (ArtifactInstaller installer : others.getServices(new ArtifactInstaller[0])) {
      if (installer.canHandle(artifact)) {
        return Optional.of(installer);
      }
    }
    synchronized (this) {
      missed.add(artifact);
    }
    return Optional.empty();
  }

  /** A deployer ignores an install of what it has, so telling it twice does no harm. */
  private void handOver(ArtifactInstaller installer) {
    Set<File> files = new LinkedHashSet<>();
    synchronized (this) {
      missed.removeIf(file -> installer.canHandle(file) && files.add(file));
    }
    for (File file : files) {
      try {
        if (file.exists()) {
          installer.install(file);
        } else {
          installer.uninstall(file);
        }
      } catch (Exception refused) {
        System.getLogger(DeployFolder.class.getName())
            .log(System.Logger.Level.WARNING, file + " was not deployed: " + refused.getMessage());
      }
    }
  }
}
