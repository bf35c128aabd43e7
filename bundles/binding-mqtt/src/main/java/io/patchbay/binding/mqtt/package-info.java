/** The MQTT binding: two kinds of routes, and what to listen to. */
@NullMarked
package io.patchbay.binding.mqtt;

import org.jspecify.annotations.NullMarked;
