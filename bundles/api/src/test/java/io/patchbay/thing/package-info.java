@NullMarked
package io.patchbay.thing;

import org.jspecify.annotations.NullMarked;
