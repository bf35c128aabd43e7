package io.patchbay.binding.coap;

import io.patchbay.thing.Thing;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.eclipse.californium.core.coap.CoAP;
import org.eclipse.californium.core.coap.Request;

/**
 * A resource at a device.
 *
 * @param secure whether it is reached over DTLS
 * @param authority host and port as they were given: what the hub calls the connection
 */
record Remote(
    boolean secure,
    String authority,
    String host,
    int port,
    List<String> path,
    List<String> queries) {
  Remote {
    path = List.copyOf(path);
    queries = List.copyOf(queries);
  }

  /**
   * @param resource path at the thing, or a whole URI
   * @throws IllegalArgumentException when there is no address in either
   */
  static Remote of(Thing thing, String resource) {
    boolean whole = ResourceForm.absolute(resource);
    boolean alone = thing.connection().isEmpty() || thing.connection().equals(CoapProtocol.LOCAL);
    if (!whole && alone) {
      throw new IllegalArgumentException(
          "thing '"
              + thing.id()
              + "' has no address: its base is "
              + thing.base()
              + "; give it base coap://HOST:PORT, or the form a resource coap://HOST:PORT/"
              + resource);
    }
    String text =
        whole ? resource : thing.base().getScheme() + "://" + thing.connection() + "/" + resource;
    return at(URI.create(text.replace("coap+dtls://", "coaps://")), "");
  }

  /**
   * @param uri whole, or with no path of its own
   */
  static Remote at(URI uri, String path) {
    String text = uri.toString();
    if (uri.getHost() == null) {
      throw new IllegalArgumentException(
          "'" + text + "' has no host; accepted: coap://HOST:PORT/path");
    }
    boolean secure = uri.getScheme().toLowerCase(Locale.ROOT).equals("coaps");
    int usual = secure ? CoAP.DEFAULT_COAP_SECURE_PORT : CoAP.DEFAULT_COAP_PORT;
    String rawPath = path.isEmpty() ? uri.getPath() == null ? "" : uri.getPath() : path;
    return new Remote(
        secure,
        uri.getAuthority(),
        uri.getHost(),
        uri.getPort() < 0 ? usual : uri.getPort(),
        List.of(ResourceForm.path(rawPath).split("/")),
        uri.getQuery() == null ? List.of() : List.of(uri.getQuery().split("&")));
  }

  /** Asks a name server where the host is a name: not on a thread that others wait for. */
  InetSocketAddress address() throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByName(host), port);
  }

  /** Whether the host is an address already: then nobody needs to be asked. */
  boolean literal() {
    return host.startsWith("[") || host.matches("[0-9.]+");
  }

  void fill(Request request) {
    path.stream().filter(segment -> !segment.isEmpty()).forEach(request.getOptions()::addUriPath);
    queries.forEach(request.getOptions()::addUriQuery);
  }

  String uri() {
    try {
      String query = queries.isEmpty() ? null : String.join("&", queries);
      String scheme = secure ? "coaps" : "coap";
      return new URI(scheme, null, host, port, "/" + String.join("/", path), query, null)
          .toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e); // it was one
    }
  }

  /** As it is said to people. */
  String words() {
    return (secure ? "coaps://" : "coap://") + authority + "/" + String.join("/", path);
  }
}
