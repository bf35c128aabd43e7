/** Driving a packed hub from outside, as its users do. */
@NullMarked
package io.patchbay.itests;

import org.jspecify.annotations.NullMarked;
