/** The shared model: things, values, what comes up from devices and what goes down to them. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.thing;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
