package io.patchbay.itests.container;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/**
 * Calls, instead of each method of a test class, the same method of the same class as a probe
 * bundle loads it. The hub lives in the root store, a probe in its class's, an instance in its
 * method's.
 */
final class HubExtension implements InvocationInterceptor, ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(HubExtension.class);

  /** A test class inside the hub; the container takes the bundle away when it stops. */
  private record Probe(Bundle bundle, Class<?> type) {}

  @Override
  public void interceptBeforeAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public void interceptBeforeEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public void interceptAfterEachMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public void interceptAfterAllMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    inside(invocation, method, context);
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == BundleContext.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return probe(context).bundle().getBundleContext();
  }

  private static void inside(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    Method outer = method.getExecutable();
    Class<?> type = probe(context).type();
    Method inner = type.getDeclaredMethod(outer.getName(), parameterTypes(outer, type));
    inner.setAccessible(true);
    Object target = method.getTarget().isEmpty() ? null : instance(context, type);
    invocation.skip();
    try {
      inner.invoke(target, method.getArguments().toArray());
    } catch (InvocationTargetException thrown) {
      throw thrown.getTargetException();
    }
  }

  /** Types as the probe sees them; those of the JDK and of OSGi are the same on both sides. */
  private static Class<?>[] parameterTypes(Method outer, Class<?> type) {
    return Arrays.stream(outer.getParameterTypes())
        .map(parameter -> parameter.isPrimitive() ? parameter : named(parameter, type))
        .toArray(Class<?>[]::new);
  }

  private static Class<?> named(Class<?> outer, Class<?> type) {
    try {
      return Class.forName(outer.getName(), false, type.getClassLoader());
    } catch (ClassNotFoundException missing) {
      throw new IllegalStateException(outer + " is not there inside the hub", missing);
    }
  }

  private static Object instance(ExtensionContext context, Class<?> type) {
    return store(context)
        .computeIfAbsent(
            "instance of " + type.getName(),
            key -> {
              try {
                Constructor<?> constructor = type.getDeclaredConstructor();
                constructor.setAccessible(true);
                return constructor.newInstance();
              } catch (ReflectiveOperationException failed) {
                throw new IllegalStateException(
                    type + " needs a constructor without parameters", failed);
              }
            });
  }

  private static Probe probe(ExtensionContext context) {
    HubContainer hub =
        store(context.getRoot())
            .computeIfAbsent(HubContainer.class, key -> new HubContainer(), HubContainer.class);
    Class<?> test = context.getRequiredTestClass();
    ExtensionContext ofClass = context;
    while (ofClass.getTestMethod().isPresent()) {
      ofClass = ofClass.getParent().orElseThrow();
    }
    return store(ofClass).computeIfAbsent(Probe.class, key -> install(hub, test), Probe.class);
  }

  private static Probe install(HubContainer hub, Class<?> test) {
    try {
      Bundle bundle = hub.probe(test);
      return new Probe(bundle, bundle.loadClass(test.getName()));
    } catch (IOException | BundleException | ClassNotFoundException failed) {
      throw new IllegalStateException("no probe can be made of " + test, failed);
    }
  }

  private static Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }
}
