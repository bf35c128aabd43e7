package io.patchbay.binding.lwm2m;

import java.net.URI;
import org.eclipse.leshan.core.endpoint.DefaultEndPointUriHandler;
import org.eclipse.leshan.core.endpoint.EndpointUri;

/**
 * Names the hub's endpoints by what they are and not by where they are: registrations and
 * observations are tied to the name, and go on when the hub listens elsewhere.
 */
final class LogicalUris extends DefaultEndPointUriHandler {
  private static final String HUB = "patchbay";
  private static final int PORT = 5683;

  static EndpointUri of(String scheme) {
    return new EndpointUri(scheme, HUB, scheme.equals("coaps") ? PORT + 1 : PORT);
  }

  @Override
  public EndpointUri createUri(URI uri) {
    return of(uri.getScheme());
  }
}
