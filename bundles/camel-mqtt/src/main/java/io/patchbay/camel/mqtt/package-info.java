/**
 * The MQTT 5 component and its connections, which live on while routes are swapped behind them.
 * Exported for the MQTT binding; route files need the component's URI alone.
 */
@Export(substitution = Export.Substitution.NOIMPORT)
@Version("0.1.0")
@NullMarked
package io.patchbay.camel.mqtt;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
