/** Reads configuration files and checks them against what the bundles declare. */
@NullMarked
package io.patchbay.runtime.configuration;

import org.jspecify.annotations.NullMarked;
