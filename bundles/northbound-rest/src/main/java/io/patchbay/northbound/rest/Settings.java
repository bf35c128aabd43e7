package io.patchbay.northbound.rest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the configuration and the framework say.
 *
 * @param node name of this node
 * @param version of the product
 * @param console folder of the console's files
 * @param maxBodyOctets largest JSON body
 * @param maxTextOctets largest profile or route
 * @param maxUploadOctets largest bundle
 * @param maxDownloads of firmware, by devices, at one time
 * @param maxStreams live streams at one time; further ones get 503
 * @param streamQueue uplinks that wait for one stream; when full it falls back to reading the
 *     journal
 */
record Settings(
    String node,
    String version,
    Optional<Path> console,
    int maxBodyOctets,
    int maxTextOctets,
    long maxUploadOctets,
    int maxDownloads,
    int maxStreams,
    int streamQueue,
    Duration heartbeat) {}
