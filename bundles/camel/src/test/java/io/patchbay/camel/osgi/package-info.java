@NullMarked
package io.patchbay.camel.osgi;

import org.jspecify.annotations.NullMarked;
