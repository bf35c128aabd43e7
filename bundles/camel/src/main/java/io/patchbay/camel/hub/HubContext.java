package io.patchbay.camel.hub;

import java.util.concurrent.TimeUnit;
import org.apache.camel.Component;
import org.apache.camel.LoggingLevel;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RedeliveryPolicyDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.spi.ComponentCustomizer;
import org.apache.camel.spi.ShutdownStrategy;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.SimpleUuidGenerator;

/** The Camel contexts of the hub: light, with no redelivery and nothing that reorders. */
public final class HubContext {
  /** What is in flight has this long to finish. */
  private static final long DRAIN_SECONDS = 10;

  private HubContext() {}

  /**
   * A context whose routes start when they are told to.
   *
   * @param classes where it finds components, languages and the owner's classes
   */
  public static DefaultCamelContext create(String name, ClassLoader classes, Hub hub) {
    DefaultCamelContext context = new DefaultCamelContext(false);
    context.disableJMX();
    context.setApplicationContextClassLoader(classes);
    context.getClassResolver().addClassLoader(classes);
    // Type converters of other bundles are looked for through this one.
    PluginHelper.getPackageScanClassResolver(context).addClassLoader(classes);
    context.getCamelContextExtension().setName(name);
    context.getCamelContextExtension().addContextPlugin(Hub.class, hub);
    context.getCamelContextExtension().setErrorHandlerFactory(quiet());
    context.getRegistry().bind("verifyHostNames", verifyHostNames(context));
    context.setLoadTypeConverters(false);
    context.setLoadHealthChecks(false);
    context.setStreamCaching(false);
    context.setMessageHistory(false);
    context.setUuidGenerator(new SimpleUuidGenerator());
    context.setStartupSummaryLevel(StartupSummaryLevel.Off);
    context.setAutoStartup(false);
    context
        .getExecutorServiceManager()
        .setThreadNamePattern("patchbay-camel-#camelId#-#counter#-#name#");
    ShutdownStrategy shutdown = context.getShutdownStrategy();
    shutdown.setTimeout(DRAIN_SECONDS);
    shutdown.setTimeUnit(TimeUnit.SECONDS);
    shutdown.setShutdownNowOnTimeout(true);
    shutdown.setLogInflightExchangesOnTimeout(false);
    return context;
  }

  /** Camel's netty components would take any certificate that some authority has signed. */
  private static ComponentCustomizer verifyHostNames(DefaultCamelContext context) {
    return ComponentCustomizer.builder(Component.class)
        .withCondition((name, component) -> name.equals("netty") || name.equals("netty-http"))
        .build(
            component ->
                PropertyBindingSupport.build()
                    .withCamelContext(context)
                    .withTarget(component)
                    .withMandatory(true)
                    .withProperty("configuration.hostnameVerification", "true")
                    .bind());
  }

  /** The consumer that a failed exchange comes back to logs it; the error handler need not too. */
  private static DefaultErrorHandlerDefinition quiet() {
    RedeliveryPolicyDefinition policy = new RedeliveryPolicyDefinition();
    policy.setLogExhaustedMessageHistory("false");
    DefaultErrorHandlerDefinition handler = new DefaultErrorHandlerDefinition();
    handler.setRedeliveryPolicy(policy);
    handler.setLevel(LoggingLevel.OFF.name());
    return handler;
  }
}
