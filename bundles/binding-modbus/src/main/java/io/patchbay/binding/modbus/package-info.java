/** Modbus devices, over TCP and over serial lines. */
@NullMarked
package io.patchbay.binding.modbus;

import org.jspecify.annotations.NullMarked;
