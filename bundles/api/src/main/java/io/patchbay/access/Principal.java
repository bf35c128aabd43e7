package io.patchbay.access;

/** Somebody the hub knows. */
public record Principal(String name, Role role) {}
