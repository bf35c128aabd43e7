package io.patchbay.profiles;

import io.patchbay.profiles.media.StandardMediaTypes;
import io.patchbay.southbound.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * This room with no hub around it.
 *
 * @param shipped the profiles that ship
 */
record Alone(ProfileCheck check, Composition.Bases shipped) {
  /**
   * With the protocols on the thread's class path.
   *
   * @param home what ships
   */
  static Alone in(Path home) {
    List<Protocol> protocols =
        ServiceLoader.load(Protocol.class).stream().map(ServiceLoader.Provider::get).toList();
    ProfileCheck check =
        new ProfileCheck(
            new StandardMediaTypes(),
            scheme ->
                protocols.stream().filter(known -> known.scheme().equals(scheme)).findFirst());
    return new Alone(check, new Shipped(home.resolve(ProfileFolders.FOLDER)));
  }

  /** Read when the first is asked for. */
  private static final class Shipped implements Composition.Bases {
    private final Path folder;
    private Optional<Map<String, String>> texts = Optional.empty();

    Shipped(Path folder) {
      this.folder = folder;
    }

    @Override
    public synchronized Optional<String> text(String id) {
      if (texts.isEmpty()) {
        try {
          texts = Optional.of(ProfilesAtHand.texts(folder));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      return Optional.ofNullable(texts.get().get(id));
    }
  }
}
