package io.patchbay.camel.osgi;

import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;

/**
 * All that Camel needs of OSGi: classes and resources of the owner, then of Camel, then of every
 * bundle that brings something for Camel.
 */
final class CamelClassLoader extends ClassLoader {
  private final Supplier<List<Bundle>> bundles;

  /**
   * @param bundles in the order to look; asked for each search, because they come and go
   */
  CamelClassLoader(String name, Supplier<List<Bundle>> bundles) {
    super(name, ClassLoader.getPlatformClassLoader());
    this.bundles = bundles;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (Bundle bundle : bundles.get()) {
      try {
        return bundle.loadClass(name);
      } catch (ClassNotFoundException | IllegalStateException e) {
        // Not there, or just uninstalled: the next one may have it.
      }
    }
    throw new ClassNotFoundException(name);
  }

  @Override
  protected @Nullable URL findResource(String name) {
    for (Bundle bundle : bundles.get()) {
      try {
        URL found = bundle.getResource(name);
        if (found != null) {
          return found;
        }
      } catch (IllegalStateException e) {
        // Just uninstalled.
      }
    }
    return null;
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    List<URL> all = new ArrayList<>();
    for (Bundle bundle : bundles.get()) {
      try {
        Enumeration<URL> found = bundle.getResources(name);
        if (found != null) {
          all.addAll(Collections.list(found));
        }
      } catch (IOException | IllegalStateException e) {
        // Just uninstalled.
      }
    }
    return Collections.enumeration(all);
  }
}
