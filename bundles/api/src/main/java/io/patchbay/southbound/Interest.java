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
 * @param journal whether what comes is kept; without it a protocol takes its cheapest way, on which
 *     something may be lost. Where another interest in the same address is kept, that one decides.
 */
public record Interest(String connection, Form form, Optional<ThingId> thing, boolean journal) {}
