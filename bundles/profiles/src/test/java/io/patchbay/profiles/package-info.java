@NullMarked
package io.patchbay.profiles;

import org.jspecify.annotations.NullMarked;
