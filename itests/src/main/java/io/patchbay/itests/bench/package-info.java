/** Benchmarks: the hub beside its floors, in the same run. */
@NullMarked
package io.patchbay.itests.bench;

import org.jspecify.annotations.NullMarked;
