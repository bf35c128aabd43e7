@NullMarked
package io.patchbay.profiles.javascript;

import org.jspecify.annotations.NullMarked;
