/** Fault proofs: what holds when the hub is killed or its parts are replaced under load. */
@NullMarked
package io.patchbay.itests.prove;

import org.jspecify.annotations.NullMarked;
