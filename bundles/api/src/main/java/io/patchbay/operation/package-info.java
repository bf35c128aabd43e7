/** What every room shows of itself: measurements, documents, findings. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.operation;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
