@NullMarked
package io.patchbay.northbound.rest;

import org.jspecify.annotations.NullMarked;
