/** What others wrote about a device's registers, as a profile. */
@NullMarked
package io.patchbay.profiles.foreign;

import org.jspecify.annotations.NullMarked;
