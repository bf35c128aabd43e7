/** Putting bundles into a running hub. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.deployment;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
