package io.patchbay.binding.lwm2m;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.registration.Registration;

/** Sends requests to registered devices. */
interface Requests {
  /** Fails with Leshan's exceptions; within the limit. */
  <T extends LwM2mResponse> CompletionStage<T> send(
      Registration to, DownlinkDeviceManagementRequest<T> request, Duration limit);

  /**
   * As above.
   *
   * @param canceller given what breaks the request off, before it is sent
   */
  <T extends LwM2mResponse> CompletionStage<T> send(
      Registration to,
      DownlinkDeviceManagementRequest<T> request,
      Duration limit,
      Consumer<Runnable> canceller);

  /**
   * Where a device may ask the hub.
   *
   * @param host as devices know the hub; empty when nobody said
   */
  Optional<URI> address(String scheme, String host);

  /** The device learns of it when it notifies the next time (RFC 7641, clause 3.6). */
  void cancel(Observation observation);
}
