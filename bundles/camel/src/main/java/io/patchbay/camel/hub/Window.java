package io.patchbay.camel.hub;

/**
 * How much a stream has under way.
 *
 * @param buffer uplinks taken from the source and not done; when full, no more is taken
 * @param inFlight uplinks in the route at once
 * @param perThing of them, of one thing; more than 1 keeps the order only when the receiver does
 */
record Window(int buffer, int inFlight, int perThing) {}
