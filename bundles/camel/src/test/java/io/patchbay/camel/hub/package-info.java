@NullMarked
package io.patchbay.camel.hub;

import org.jspecify.annotations.NullMarked;
