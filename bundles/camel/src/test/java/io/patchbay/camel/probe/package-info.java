/** A bundle that the OSGi test builds: it asks for contexts as a protocol bundle does. */
@NullMarked
package io.patchbay.camel.probe;

import org.jspecify.annotations.NullMarked;
