@NullMarked
package io.patchbay.runtime.configuration;

import org.jspecify.annotations.NullMarked;
