/** What the tests of bindings need of Camel. */
@NullMarked
package io.patchbay.testkit.camel;

import org.jspecify.annotations.NullMarked;
