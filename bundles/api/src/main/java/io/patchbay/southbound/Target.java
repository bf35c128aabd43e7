package io.patchbay.southbound;

import io.patchbay.thing.ThingId;

/** The property a frame is known to carry, because it was asked for. */
public record Target(ThingId thing, String property) {}
