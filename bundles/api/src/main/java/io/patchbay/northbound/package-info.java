/** What console, API and enterprise routes may ask of the hub. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.northbound;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
