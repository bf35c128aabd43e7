/** Units: the symbols of SenML and the usual others, and the way between them. */
@NullMarked
package io.patchbay.profiles.unit;

import org.jspecify.annotations.NullMarked;
