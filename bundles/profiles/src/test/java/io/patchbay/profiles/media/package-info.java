@NullMarked
package io.patchbay.profiles.media;

import org.jspecify.annotations.NullMarked;
