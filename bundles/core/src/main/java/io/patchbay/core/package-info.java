/** Directory of things, uplink and downlink pipelines, lanes, poller. */
@NullMarked
package io.patchbay.core;

import org.jspecify.annotations.NullMarked;
