@NullMarked
package io.patchbay.deployer;

import org.jspecify.annotations.NullMarked;
