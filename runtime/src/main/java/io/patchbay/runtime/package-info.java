/** The launcher: command line, data directory, framework, readiness. */
@NullMarked
package io.patchbay.runtime;

import org.jspecify.annotations.NullMarked;
