@NullMarked
package io.patchbay.routes;

import org.jspecify.annotations.NullMarked;
