/** The durable log of accepted uplinks in SQLite. */
@NullMarked
package io.patchbay.journal.sqlite;

import org.jspecify.annotations.NullMarked;
