/** Tests of the embedded MQTT broker, with real clients. */
@NullMarked
package io.patchbay.broker;

import org.jspecify.annotations.NullMarked;
