/** The embedded MQTT broker. */
@NullMarked
package io.patchbay.broker;

import org.jspecify.annotations.NullMarked;
