package io.patchbay.camel.osgi;

import io.patchbay.camel.Contexts;
import io.patchbay.camel.RunningRoutes;
import io.patchbay.camel.StagedContexts;
import io.patchbay.camel.StagedRoutes;
import io.patchbay.camel.hub.HubContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Makes Camel contexts that find their classes through OSGi. */
@Component(service = {Contexts.class, StagedContexts.class})
public final class OsgiContexts implements Contexts, StagedContexts {
  private static final String COMPONENTS = "META-INF/services/org/apache/camel/component/";

  private final BundleContext bundle;
  private final ComponentBundles bundles;

  @Activate
  public OsgiContexts(BundleContext bundle) {
    this.bundle = bundle;
    this.bundles = new ComponentBundles(bundle);
  }

  @Deactivate
  void deactivate() {
    bundles.close();
  }

  @Override
  public RunningRoutes start(BundleContext owner, String name, RoutesBuilder... routes)
      throws Exception {
    StagedRoutes staged = warm(owner, name, routes);
    try {
      staged.resume();
    } catch (Exception e) {
      staged.close();
      throw e;
    }
    return staged;
  }

  @Override
  public StagedRoutes stage(BundleContext owner, String name, RoutesBuilder routes)
      throws Exception {
    return warm(owner, name, routes);
  }

  @Override
  public boolean provides(String component) {
    return new CamelClassLoader("lookup", () -> bundles.forOwner(bundle.getBundle()))
            .getResource(COMPONENTS + component)
        != null;
  }

  private CamelRoutes warm(BundleContext owner, String name, RoutesBuilder... routes)
      throws Exception {
    CamelRoutes built = build(owner, name, routes);
    try {
      built.inside(built.context()::start);
    } catch (Exception e) {
      built.close();
      throw e;
    }
    return built;
  }

  private CamelRoutes build(BundleContext owner, String name, RoutesBuilder... routes)
      throws Exception {
    ClassLoader classes =
        new CamelClassLoader("camel:" + name, () -> bundles.forOwner(owner.getBundle()));
    OsgiHub hub = new OsgiHub(owner);
    DefaultCamelContext context = HubContext.create(name, classes, hub);
    CamelRoutes built = new CamelRoutes(context, hub);
    try {
      built.inside(
          () -> {
            for (RoutesBuilder each : routes) {
              context.addRoutes(each);
            }
            context.init();
          });
    } catch (Exception e) {
      built.close();
      throw e;
    }
    return built;
  }
}
