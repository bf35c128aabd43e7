/** Who comes over DTLS 1.2: keys, certificates, handshakes and sessions, on Scandium. */
@Export
@Version("0.1.0")
@NullMarked
package io.patchbay.dtls;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
