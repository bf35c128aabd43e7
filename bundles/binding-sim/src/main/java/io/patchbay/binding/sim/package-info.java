/** Simulated devices: the smallest protocol bundle, the one to copy. */
@NullMarked
package io.patchbay.binding.sim;

import org.jspecify.annotations.NullMarked;
