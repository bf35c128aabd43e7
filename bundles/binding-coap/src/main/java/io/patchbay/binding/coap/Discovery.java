package io.patchbay.binding.coap;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks devices at known addresses what resources they have ({@code .well-known/core}), and puts
 * them into the directory as if they had registered.
 */
final class Discovery {
  private static final Logger LOG = LoggerFactory.getLogger(Discovery.class);
  private static final Duration WITHIN = Duration.ofSeconds(30);
  private static final int AGAIN_SECONDS = 3_600;
  private static final int RETRY_SECONDS = 60;

  private final Devices devices;
  private final ResourceDirectory directory;
  private final ProtocolScheduledExecutorService thread;

  Discovery(Devices devices, ResourceDirectory directory, ProtocolScheduledExecutorService thread) {
    this.devices = devices;
    this.directory = directory;
    this.thread = thread;
  }

  void begin(List<String> addresses) {
    addresses.forEach(address -> thread.execute(() -> ask(URI.create(address))));
  }

  private void ask(URI address) {
    Remote remote = Remote.at(address, Ingest.DISCOVERY);
    Request request = Request.newGet();
    request.getOptions().setAccept(ContentFormats.LINKS);
    String base = address.getScheme() + "://" + address.getAuthority();
    CompletionStage<Void> unused =
        devices
            .ask(remote, request, WITHIN)
            .thenComposeAsync(
                response ->
                    response.isSuccess()
                        ? directory.found(name(address), base, response.getPayloadString())
                        : CompletableFuture.completedStage(response),
                thread)
            .handle(
                (response, failure) -> {
                  boolean well = response != null && response.isSuccess();
                  if (!well) {
                    LOG.warn(
                        "{} does not say what it has: {}",
                        remote.words(),
                        failure == null ? response : failure.getMessage());
                  }
                  var unusedTimer =
                      thread.schedule(
                          () -> ask(address),
                          well ? AGAIN_SECONDS : RETRY_SECONDS,
                          TimeUnit.SECONDS);
                  return null;
                });
  }

  /** It has not said one: its address, as far as that can be one. */
  private static String name(URI address) {
    return address.getAuthority().replace("[", "").replace("]", "").replace(':', '-');
  }
}
