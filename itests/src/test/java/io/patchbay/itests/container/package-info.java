/** Boots the bundles of the distribution in process and runs test methods inside them. */
@NullMarked
package io.patchbay.itests.container;

import org.jspecify.annotations.NullMarked;
