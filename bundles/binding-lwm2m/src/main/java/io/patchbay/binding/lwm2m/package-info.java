/** The LwM2M binding: an endpoint that devices post to, and requests to devices. */
@NullMarked
package io.patchbay.binding.lwm2m;

import org.jspecify.annotations.NullMarked;
