/** The only installer of bundles, behind the folder {@code deploy/} and the API. */
@NullMarked
package io.patchbay.deployer;

import org.jspecify.annotations.NullMarked;
