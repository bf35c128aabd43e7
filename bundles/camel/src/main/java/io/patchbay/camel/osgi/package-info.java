/** Camel on OSGi: class loading and life cycle of contexts. */
@NullMarked
package io.patchbay.camel.osgi;

import org.jspecify.annotations.NullMarked;
