package io.patchbay.deployment;

import java.util.Set;

/**
 * Camel components that ship beside the hub and take part in it only while a route file names them.
 */
public interface ShippedComponents {
  /**
   * Says which components are named now, by all route files together. What ships and is among them
   * is installed and started; what was started so and is no longer named is stopped. Returns at
   * once; each change shows as an event of a bundle.
   *
   * @param components names as in the scheme of an endpoint: {@code kafka}, {@code smtps}
   * @return those of them that are on their way
   */
  Set<String> want(Set<String> components);
}
