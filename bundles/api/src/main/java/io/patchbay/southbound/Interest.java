package io.patchbay.southbound;

import io.patchbay.profile.Form;
import io.patchbay.thing.ThingId;
import java.util.Optional;

/**
 * Something the profiles want to hear.
 *
 * @param connection the one connection that is meant; empty for every one of the protocol
 * @param form with the address pattern; not filled in
 * @param thing the one thing that is meant; empty for all
 */
public record Interest(String connection, Form form, Optional<ThingId> thing) {}
