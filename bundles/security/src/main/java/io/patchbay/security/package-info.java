/** Tokens, device credentials, secrets and the audit log, kept in the data directory. */
@NullMarked
package io.patchbay.security;

import org.jspecify.annotations.NullMarked;
