package io.patchbay.camel.hub;

import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The services of the hub as endpoints see them: they come and go. Bound into each context as a
 * plug-in of this type.
 */
public interface Hub {
  /** The service as it is now; quick, for every message. */
  <S> Optional<S> find(Class<S> service);

  /** Tells at once, and whenever it comes, goes or is replaced. One call at a time. */
  <S> Binding follow(Class<S> service, Consumer<Optional<S>> follower);

  /** Registers a service until the binding is closed. */
  <S> Binding provide(Class<S> type, S service, Map<String, String> properties);

  /** Holds until closed; closing twice does nothing. */
  interface Binding extends AutoCloseable {
    @Override
    void close();
  }
}
