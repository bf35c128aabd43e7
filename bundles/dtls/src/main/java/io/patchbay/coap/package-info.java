/** What bindings of CoAP share besides: what is no message, and when a notification is taken. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.coap;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
