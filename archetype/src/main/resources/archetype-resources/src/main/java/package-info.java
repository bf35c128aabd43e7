/** The protocol bundle for ${name}: lines of text over TCP. */
@NullMarked
package ${package};

import org.jspecify.annotations.NullMarked;
