/** Camel contexts for bundles; protocol bundles need no more of Camel's life cycle than this. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.camel;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
