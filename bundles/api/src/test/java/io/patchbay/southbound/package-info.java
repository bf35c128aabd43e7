@NullMarked
package io.patchbay.southbound;

import org.jspecify.annotations.NullMarked;
