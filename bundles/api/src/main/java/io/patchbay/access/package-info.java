/** Who may do what: people, devices, secrets, and the record of what was done. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.access;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
