package io.patchbay.core;

import io.patchbay.southbound.Reader;
import java.util.List;

/**
 * Who speaks at an address, and how it is read.
 *
 * @param newcomer whether the device is not in the directory yet
 * @param readers none when only a match listens there
 */
record Source(Device device, CompiledProfile profile, List<Reader> readers, boolean newcomer) {}
