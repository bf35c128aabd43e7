/** Serial lines that heal by themselves: a port of this machine, or one behind a serial server. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.serial;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
