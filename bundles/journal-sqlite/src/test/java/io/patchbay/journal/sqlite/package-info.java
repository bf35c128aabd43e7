@NullMarked
package io.patchbay.journal.sqlite;

import org.jspecify.annotations.NullMarked;
