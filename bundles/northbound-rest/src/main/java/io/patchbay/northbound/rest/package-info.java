/** The HTTP API: things, readings, commands, live streams, descriptions, administration. */
@NullMarked
package io.patchbay.northbound.rest;

import org.jspecify.annotations.NullMarked;
