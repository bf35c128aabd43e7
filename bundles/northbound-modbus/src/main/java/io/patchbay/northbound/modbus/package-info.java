/** Properties of things, as registers of a Modbus TCP slave. */
@NullMarked
package io.patchbay.northbound.modbus;

import org.jspecify.annotations.NullMarked;
