/** Fakes and contract tests for the other modules' tests; never shipped. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.testkit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
