package io.patchbay.core;

import io.patchbay.profile.AddressPattern;
import io.patchbay.southbound.FrameDecoder;

/** What a profile reads from frames of one address pattern and one media type. */
record Reader(AddressPattern pattern, String mediaType, FrameDecoder decoder) {}
