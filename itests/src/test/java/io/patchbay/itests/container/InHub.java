package io.patchbay.itests.container;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs the methods of a test class inside a bundle of a running hub, one hub for all test classes.
 * They may take a {@link org.osgi.framework.BundleContext} as parameter, and see the api as the
 * hub's bundles do. Listeners are on free ports: the {@code port} property of their conditions
 * tells which.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(HubExtension.class)
public @interface InHub {}
