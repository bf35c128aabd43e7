/** The durable log of accepted uplinks, and what is kept beside it. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.store;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
