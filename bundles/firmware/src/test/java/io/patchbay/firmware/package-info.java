@NullMarked
package io.patchbay.firmware;

import org.jspecify.annotations.NullMarked;
