/** Journeys on the packed distribution, named after what a person does. */
@org.jspecify.annotations.NullMarked
package io.patchbay.itests;
