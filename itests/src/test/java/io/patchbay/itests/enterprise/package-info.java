/** The example routes to and from enterprise systems, each against the real system. */
@org.jspecify.annotations.NullMarked
package io.patchbay.itests.enterprise;
