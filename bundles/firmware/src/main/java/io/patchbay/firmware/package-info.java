/** Firmware packages and campaigns, whatever the protocol. */
@NullMarked
package io.patchbay.firmware;

import org.jspecify.annotations.NullMarked;
