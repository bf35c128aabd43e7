/** The plug-in contract between the hub and protocol bundles. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.southbound;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
