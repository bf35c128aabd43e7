/** The CoAP binding: an endpoint that devices post to, and requests to devices. */
@NullMarked
package io.patchbay.binding.coap;

import org.jspecify.annotations.NullMarked;
