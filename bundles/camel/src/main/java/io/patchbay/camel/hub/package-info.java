/** The {@code hub:} component: the hub as Camel endpoints. */
@NullMarked
package io.patchbay.camel.hub;

import org.jspecify.annotations.NullMarked;
