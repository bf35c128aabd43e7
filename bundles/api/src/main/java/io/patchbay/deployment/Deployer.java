package io.patchbay.deployment;

import io.patchbay.northbound.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The only installer of bundles, behind the folder and the API. Each call ends when the bundle
 * stands or is refused.
 */
public interface Deployer {
  List<DeployedBundle> list();

  /**
   * Installs a bundle or replaces the one of its symbolic name, which comes back when the new one
   * does not start.
   *
   * @param jar read before the call ends; the caller removes it
   * @throws RefusedException saying in words what is missing or went wrong
   */
  DeployedBundle deploy(Path jar) throws RefusedException, IOException;

  DeployedBundle start(String symbolicName) throws RefusedException;

  DeployedBundle stop(String symbolicName) throws RefusedException;

  /** Removes a deployed bundle; a shipped one of the same name comes back. */
  void remove(String symbolicName) throws RefusedException, IOException;

  /**
   * @param id -1 when it runs in no version
   * @param state {@code active}, {@code resolved}, {@code installed}, {@code starting}, {@code
   *     stopping}; {@code refused} for a jar that lies in the folder and runs in no version
   * @param shipped whether it is part of the distribution
   * @param problem why it is not active, empty when it is
   */
  record DeployedBundle(
      long id,
      String symbolicName,
      String name,
      String version,
      String state,
      boolean shipped,
      String problem) {}
}
