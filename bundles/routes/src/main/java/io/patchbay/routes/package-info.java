/** Route files: loaded, replaced and taken out of a running hub. */
@NullMarked
package io.patchbay.routes;

import org.jspecify.annotations.NullMarked;
