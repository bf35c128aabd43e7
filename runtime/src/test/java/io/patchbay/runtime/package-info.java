@NullMarked
package io.patchbay.runtime;

import org.jspecify.annotations.NullMarked;
