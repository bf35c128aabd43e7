/** Scripts of payload codecs, in a sandbox; the engine is loaded when the first one is compiled. */
@NullMarked
package io.patchbay.profiles.javascript;

import org.jspecify.annotations.NullMarked;
