package io.patchbay.camel.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.camel.impl.DefaultCamelContext;

/** The hub's services without OSGi: a test puts them in and takes them out. */
final class LocalHub implements Hub {
  private record Follower(Class<?> service, Consumer<Optional<Object>> tell) {}

  /** A service that somebody provides. */
  record Provided(Class<?> type, Object service, Map<String, String> properties) {}

  private final Map<Class<?>, Object> services = new ConcurrentHashMap<>();
  private final List<Follower> followers = new CopyOnWriteArrayList<>();
  private final List<Provided> provided = new CopyOnWriteArrayList<>();

  /** A context that knows this hub. */
  DefaultCamelContext context() {
    DefaultCamelContext context = HubContext.create("test", LocalHub.class.getClassLoader(), this);
    context.setAutoStartup(true);
    context.getShutdownStrategy().setTimeout(5);
    return context;
  }

  synchronized <S> void put(Class<S> type, S service) {
    services.put(type, service);
    tell(type);
  }

  synchronized void remove(Class<?> type) {
    services.remove(type);
    tell(type);
  }

  private void tell(Class<?> type) {
    followers.stream()
        .filter(follower -> follower.service().equals(type))
        .forEach(follower -> follower.tell().accept(Optional.ofNullable(services.get(type))));
  }

  <S> List<S> provided(Class<S> type) {
    return provided.stream()
        .filter(each -> each.type().equals(type))
        .map(each -> type.cast(each.service()))
        .toList();
  }

  List<Provided> provided() {
    return new ArrayList<>(provided);
  }

  @Override
  public <S> Optional<S> find(Class<S> service) {
    return Optional.ofNullable(services.get(service)).map(service::cast);
  }

  @Override
  public synchronized <S> Binding follow(Class<S> service, Consumer<Optional<S>> consumer) {
    Follower follower = new Follower(service, object -> consumer.accept(object.map(service::cast)));
    followers.add(follower);
    consumer.accept(find(service));
    return () -> followers.remove(follower);
  }

  @Override
  public <S> Binding provide(Class<S> type, S service, Map<String, String> properties) {
    Provided one = new Provided(type, service, properties);
    provided.add(one);
    return () -> provided.remove(one);
  }
}
