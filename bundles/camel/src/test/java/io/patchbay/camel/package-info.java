@NullMarked
package io.patchbay.camel;

import org.jspecify.annotations.NullMarked;
