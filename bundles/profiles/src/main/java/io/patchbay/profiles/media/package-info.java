/** Media types to values and back: JSON, SenML JSON, plain text, octets. */
@NullMarked
package io.patchbay.profiles.media;

import org.jspecify.annotations.NullMarked;
