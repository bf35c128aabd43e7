package io.patchbay.runtime.configuration;

/**
 * One value somebody wrote.
 *
 * @param where file and line, or the option of the command line
 */
record Setting(String key, String value, String where) {}
