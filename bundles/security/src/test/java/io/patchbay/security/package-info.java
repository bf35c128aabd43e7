/** Tests of tokens, credentials, secrets and audit on real files. */
@NullMarked
package io.patchbay.security;

import org.jspecify.annotations.NullMarked;
