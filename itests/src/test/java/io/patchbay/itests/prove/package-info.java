@NullMarked
package io.patchbay.itests.prove;

import org.jspecify.annotations.NullMarked;
