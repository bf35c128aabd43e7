/** The launcher's hand inside the framework: the same jar, installed as a bundle. */
@NullMarked
package io.patchbay.runtime.inside;

import org.jspecify.annotations.NullMarked;
