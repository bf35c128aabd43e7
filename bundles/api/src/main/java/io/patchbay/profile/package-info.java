/** Device profiles: a W3C WoT Thing Model cut to what the hub uses. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.profile;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
